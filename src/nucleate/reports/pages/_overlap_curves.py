"""The curves of Doimo et al. 2020: overlaps, their robustness, CKA beside them, entropy and intrinsic dimension."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import polars as pl

from nucleate.pipeline import Run
from nucleate.reports.content import Curves, compare_curves, gather, label_scores, overlap_with, own_level, title

DRAWN_BANDWIDTH = 0.2  # of the Gaussian kernel beside linear CKA, as published
ESTIMATE = "two-nn fraction=0.9"  # the intrinsic dimension that is drawn where one is drawn
MOST_REFERENCES = 7  # drawn: as many as there are colours
OUTPUT, NEXT, INPUT = "with the output", "with the next layer", "with the input"
Named = tuple[str, str, pl.DataFrame]


def formation(run: Run) -> Curves:
    """Overlap with the labels, the output, the input and the next layer on one axis (Figure 2a)."""
    level = own_level(run)
    panel = "Overlap of neighbourhoods"
    named = [(panel, f"with the labels ({level})", label_scores(run, level))] if level else []
    roles = {OUTPUT: "output", NEXT: "next", INPUT: "input"}
    return gather(run, [*named, *((panel, name, overlap_with(run, role)) for name, role in roles.items())])


def sizes(run: Run) -> Curves:
    """The same overlaps with other numbers of neighbours (Figure A.1a)."""
    request = run.about["request"]
    counts = sorted({request["k"], *request.get("more_k", ())})
    fraction = request.get("class_fraction")
    if len(counts) < 2 and fraction is None:
        return Curves((), {})
    level = own_level(run)
    named: list[Named] = [(f"Label overlap: {level}", f"k = {k}", label_scores(run, level, k)) for k in counts if level]
    if fraction is not None:
        told = f"k = {100 * fraction:g} % of each class"
        scores = run.scores("label_overlap", level=level, parameters=f"fraction={fraction:g}")
        named.append((f"Label overlap: {level}", told, scores))
    named += [("Overlap with the output", f"k = {k}", _overlap(run, f"k={k} with=output")) for k in counts]
    return replace(gather(run, named), bands=False, ordered=True)


def subsamples(run: Run) -> Curves:
    """The same overlaps with fewer samples at the same ratio of classes to samples per class (Figure A.1b)."""
    request, level = run.about["request"], own_level(run)
    if not request.get("subsample"):
        return Curves((), {})
    parts = {"Overlap with the output": run.scores("overlap").filter(pl.col("parameters").str.contains(" with=output"))}
    if level:
        parts = {f"Label overlap: {level}": run.scores("label_overlap", level=level)} | parts
    named: list[Named] = []
    for panel, scores in parts.items():
        for share in request["subsample"]:
            fewer = scores.filter(pl.col("parameters").str.ends_with(f" subsample={share:g}"))
            named += [(panel, _size(fewer), fewer)] if fewer.height else []
        k = request["k"]
        whole = scores.filter(pl.col("parameters").is_in([f"k={k}", f"k={k} with=output"]))
        named += [(panel, _size(whole), whole)] if whole.height else []
    return replace(gather(run, named), bands=False, ordered=True)


def _size(scores: pl.DataFrame) -> str:
    k = scores["parameters"][0].split()[0].removeprefix("k=")
    return f"n = {scores['n'][0]}, k = {k}"


def references(run: Run) -> Curves:
    """Overlap with chosen layers (Figure A.2)."""
    prefix = f"k={run.about['request']['k']} reference="
    known = run.scores("overlap")["parameters"].unique().to_list()
    found = [name for name in run.layer_names if prefix + name in known]
    shown = min(len(found), MOST_REFERENCES)
    chosen = [found[len(found) * place // shown] for place in range(shown)]
    named = [
        ("Overlap with chosen layers", name, _with_itself(run, name, _overlap(run, prefix + name))) for name in chosen
    ]
    return gather(run, named)


def _with_itself(run: Run, layer: str, scores: pl.DataFrame) -> pl.DataFrame:
    """Overlaps with a layer, and its own, which is 1."""
    one = pl.lit(1.0)
    depth = run.layers.filter(pl.col("name") == layer)["depth"][0]
    itself = scores.head(1).with_columns(layer=pl.lit(layer), depth=pl.lit(depth), value=one, low=one, high=one)
    order = {name: place for place, name in enumerate(run.layer_names)}
    return pl.concat([scores, itself]).sort(pl.col("layer").replace_strict(order))


def alignment(run: Run) -> Curves:
    """CKA with the output, linear and Gaussian, beside the overlap with it (Figure A.3a)."""
    panel = "Similarity to the output"
    kernels = {"linear CKA": "linear", "Gaussian CKA": f"gaussian bandwidth={DRAWN_BANDWIDTH:g}"}
    named = [(panel, name, _cka(run, kernel)) for name, kernel in kernels.items()]
    mutual = run.scores("mutual_knn").filter(pl.col("parameters").str.ends_with(" with=output"))
    named.append((panel, "mutual kNN (cosine)", mutual))
    if not any(scores["value"].count() for _, _, scores in named):
        return Curves((), {})
    named.insert(2, (panel, "overlap", overlap_with(run, "output")))
    return replace(gather(run, named), bands=False)


def bandwidths(run: Run) -> Curves:
    """Gaussian CKA with the output for each bandwidth (Figure A.3b)."""
    scores = run.scores("cka").filter(pl.col("parameters").str.contains(r"^gaussian .* debiased with=output$"))
    parts = scores.partition_by("parameters", maintain_order=True)
    panel = "Gaussian CKA with the output, by bandwidth"
    named = [(panel, f"σ = {part['parameters'][0].split()[1].removeprefix('bandwidth=')} d₁", part) for part in parts]
    return replace(gather(run, named), ordered=True)


def entropy(run: Run) -> Curves:
    """Overlap with input and output over the image entropy of neighbourhoods and hubs (Figure 3)."""
    scores = run.scores("neighborhood_entropy")
    if scores.is_empty():
        return Curves((), {})
    first, second = "Overlap of neighbourhoods", "Image entropy, bits"
    named = [
        (first, INPUT, overlap_with(run, "input")),
        (first, OUTPUT, overlap_with(run, "output")),
        (second, "of neighbourhoods", scores),
        (second, "of hubs", run.scores("hub_entropy").with_columns(chance=pl.lit(None, pl.Float64))),
    ]
    return replace(gather(run, named), floating=(second,))


def estimators(run: Run) -> Curves:
    """Intrinsic dimension by several estimators."""
    names = {
        ESTIMATE: "two-NN, 90 % of the ratios",
        "two-nn fraction=0.95": "two-NN, 95 %",
        "two-nn likelihood": "two-NN, likelihood",
    }
    scores = run.scores("intrinsic_dimension")
    gride = [name for name in scores["parameters"].unique(maintain_order=True) if name.startswith("gride")]
    names |= {name: name.replace("gride rank=", "Gride, rank ") for name in gride[:4]}
    found = [(title("intrinsic_dimension"), told, _dimension(run, name)) for name, told in names.items()]
    return replace(gather(run, found), bands=False)


def scales(run: Run) -> Curves:
    """Intrinsic dimension of ever sparser samples."""
    scores = run.scores("intrinsic_dimension").filter(pl.col("parameters").str.contains(" part="))
    parts = scores.sort("parameters", descending=True, maintain_order=True).partition_by(
        "parameters", maintain_order=True
    )
    panel = "Intrinsic dimension of fewer samples (two-NN likelihood)"
    named = [(panel, _share(part["parameters"][0]), part) for part in parts]
    return replace(gather(run, named), bands=False, ordered=True)


def _share(parameters: str) -> str:
    share = float(parameters.partition(" part=")[2])
    return "all" if share == 1 else f"1/{round(1 / share)}"


def compared(runs: Mapping[str, Run]) -> Curves:
    """Label overlap of each run's own classes over its intrinsic dimension (Figures 2c and A.4)."""
    levels = {own_level(run) for run in runs.values()} - {None}
    panel = f"Label overlap: {levels.pop()}" if len(levels) == 1 else "Label overlap of the finest classes"

    def named() -> Iterator[Named]:
        for name, run in runs.items():
            level = own_level(run)
            if level:
                yield panel, name, label_scores(run, level)
        for name, run in runs.items():
            yield title("intrinsic_dimension"), name, _dimension(run, ESTIMATE)

    return compare_curves(runs, named())


def _dimension(run: Run, parameters: str) -> pl.DataFrame:
    return run.scores("intrinsic_dimension", parameters=parameters)


def _overlap(run: Run, parameters: str) -> pl.DataFrame:
    return run.scores("overlap", parameters=parameters)


def _cka(run: Run, kernel: str) -> pl.DataFrame:
    return run.scores("cka", parameters=f"{kernel} debiased with=output")
