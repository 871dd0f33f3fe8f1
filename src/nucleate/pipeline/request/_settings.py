"""What a probe may be asked for, checked before anything runs."""

from __future__ import annotations

from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from nucleate.errors import UsageError
from nucleate.pipeline.request._presets import with_preset
from nucleate.suggestions import did_you_mean

Measure = Literal[
    "clusters", "overlap", "label_overlap", "landscape", "linear_probe", "entropy", "cka", "mutual_knn", "scale_profile"
]
Algorithm = Literal["ward", "average", "complete", "single", "kmeans"]
DEFAULT_MEASURES: tuple[Measure, ...] = ("clusters", "overlap", "label_overlap", "landscape")
"""Those that need neither other samples, nor the images again, nor further searches."""


class Settings(BaseModel):
    """The settings of a probe and their defaults.

    Attributes
    ----------
    layers : tuple of str
        Names, globs, `blocks` (residual and transformer blocks and the output), `residual` (the sums inside blocks,
        after attention and after the MLP, and the output), `penultimate` (what enters the final classifier) or `all`;
        see `nucleate layers`.
    pool : {"mean", "max", "cls", "none"}
        How a layer's positions become one row: over space or tokens; `none` flattens.
    keep_activations : bool
        Whether rows are stored for good. Else, for flattened layers: where only `clusters` are measured, the rows of a
        superclass are held in memory until the distances between them are known; for anything else rows lie in the run
        folder, or in memory, until their layer has been analysed. Layers take turns, in as many passes over the
        samples as memory and disk demand. CKA, which reads two layers at once, cannot be had.
    within, recover : str, optional
        Levels that play superclass and subclass; default the two lowest. With one level, all samples are clustered as
        a whole.
    split : str, optional
        The split that is clustered; default `validation`, else `test`, else the only one.
    measures : tuple
        `clusters` (purity, AMI, ARI of Ward clusters inside each superclass), `overlap` (with output, input, next
        layer), `label_overlap`, `landscape` (intrinsic dimension, hubs, density peaks), `linear_probe` (of both
        levels; it fits on the split `train` and so sends it through the network, too), `entropy` (image entropy of
        neighbourhoods and hubs; reads the images again), `cka` (linear and Gaussian, with the output and the
        references), `mutual_knn` (k = 10 by cosine, with the same), `scale_profile` (intrinsic dimension of ever
        sparser samples).
    k : int
        Neighbours.
    candidates : {"exact", "sketch"}
        How neighbours are found: exactly, or, in layers of more than 16,384 columns and with more samples than about
        200 k, among candidates from a count-sketch, all of which are measured exactly, and whose recall is measured
        on 100 samples and told. See `nucleate.neighbors.rerank`.
    more_k : tuple of int
        Further numbers of neighbours for `overlap` and `label_overlap`, from the same search.
    class_fraction : float, optional
        Label overlap of `recover` also with this share of each class' size as its number of neighbours; 0.1 is the
        published choice.
    references : tuple of str
        Probed layers, by name, glob or `all`, with which every layer is compared, as with the output.
    subsample : tuple of float
        Shares of the samples for which overlaps are measured, too, the ratio of classes to samples per class kept: a
        share s keeps sqrt(s) of the classes, sqrt(s) of each class' samples, and sqrt(s) k neighbours.
    cka_samples : int
        At most so many samples for CKA, drawn in the same way; the profile tells how many. 5,000 is published.
    factors : tuple of int
        Overclustering factors: clusters per subclass.
    algorithms : tuple
        Clusterings to score: `ward` (always), `average`, `complete`, `single`, `kmeans`.
    normalization : {"unit", "none", "centred"}
        What is done to rows before they are clustered: divided by their norm, nothing, or their mean taken away.
    z : float
        Confidence at which a density peak counts, in errors of a log density.
    device : str
        `auto`, `cpu`, `cuda`, `mps`.
    dtype : {"float32", "bfloat16", "float16"}
        Precision of the forward pass; another than float32 is mixed precision and needs CUDA.
    batch_size : int or "auto"
        Rows per forward pass. Part of the fingerprint: bits depend on it. `auto` takes what fits into memory, and keeps
        to that number when the run goes on.
    workers : int, optional
        Threads that decode images; default one per processor, at most 8. Results do not depend on it.
    on_bad : {"skip", "stop"}
        What to do about a sample that cannot be read: keep its row, marked, and go on; or stop at the first.
    max_bad : int, optional
        Stop when more samples than this cannot be read.
    seed : int
        Seed of the permutations behind chance levels.
    memory, disk : float, optional
        Gigabytes that may be used; default what is free.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    layers: tuple[str, ...] = Field(default=("blocks",), min_length=1)
    pool: Literal["mean", "max", "cls", "none"] = "mean"
    keep_activations: bool = True
    within: str | None = None
    recover: str | None = None
    split: str | None = None
    measures: tuple[Measure, ...] = Field(default=DEFAULT_MEASURES, min_length=1)
    k: int = Field(default=30, ge=1)
    candidates: Literal["exact", "sketch"] = "exact"
    more_k: tuple[int, ...] = ()
    class_fraction: float | None = Field(default=None, gt=0, le=1)
    references: tuple[str, ...] = ()
    subsample: tuple[float, ...] = ()
    cka_samples: int = Field(default=5000, ge=10)
    factors: tuple[int, ...] = Field(default=tuple(range(1, 11)), min_length=1)
    algorithms: tuple[Algorithm, ...] = ("ward",)
    normalization: Literal["unit", "none", "centred"] = "unit"
    z: float = Field(default=1.65, ge=0, allow_inf_nan=False)
    device: str = "auto"
    dtype: Literal["float32", "bfloat16", "float16"] = "float32"
    batch_size: int | Literal["auto"] = 32
    workers: int | None = Field(default=None, ge=0)
    on_bad: Literal["skip", "stop"] = "skip"
    max_bad: int | None = Field(default=None, ge=0)
    seed: int = Field(default=0, ge=0)
    memory: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    disk: float | None = Field(default=None, gt=0, allow_inf_nan=False)

    @property
    def rows_per_batch(self) -> int:
        """The batch size, once `auto` has become a number."""
        assert self.batch_size != "auto", "probe resolves it first"
        return self.batch_size

    @field_validator("batch_size")
    @classmethod
    def _at_least_one(cls, value: int | str) -> int | str:
        if isinstance(value, int) and value < 1:
            raise ValueError("a batch holds at least 1 row")
        return value

    @field_validator("more_k")
    @classmethod
    def _counts(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if min(value, default=1) < 1:
            raise ValueError("a neighbourhood holds at least 1 neighbour")
        return tuple(sorted(set(value)))

    @field_validator("subsample")
    @classmethod
    def _shares(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if not all(0 < share < 1 for share in value):
            raise ValueError("a share of the samples lies between 0 and 1")
        return tuple(sorted(set(value)))

    @field_validator("layers", "references", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value

    @field_validator("algorithms")
    @classmethod
    def _ward_first(cls, value: tuple[Algorithm, ...]) -> tuple[Algorithm, ...]:
        return ("ward", *sorted({name for name in value if name != "ward"}))

    @field_validator("factors")
    @classmethod
    def _positive_and_ascending(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if min(value) < 1:
            raise ValueError("an overclustering factor is at least 1")
        return tuple(sorted(set(value)))


def settings(**options: Any) -> Settings:
    """Check options; `preset` stands for the settings of `nucleate.pipeline.PRESETS` that are not among them.

    Raises
    ------
    UsageError
        For the first option that is unknown or out of range, with close names.
    """
    try:
        return Settings(**with_preset(options))
    except ValidationError as error:
        first = error.errors()[0]
        field, *places = first["loc"]  # of a choice of types, pydantic names each one that does not fit
        name = ".".join([str(field), *(str(part) for part in places if isinstance(part, int))])
        if first["type"] == "extra_forbidden":
            raise UsageError(f"There is no option {name!r}", did_you_mean(name, Settings.model_fields)) from None
        if first["type"] == "literal_error" and isinstance(first["input"], str):
            known = _choices(str(field))
            raise UsageError(f"{name}={first['input']!r} is no choice", did_you_mean(first["input"], known)) from None
        reason = first["msg"].removeprefix("Value error, ")
        raise UsageError(f"{name}={first['input']!r}: {reason[0].lower()}{reason[1:]}", "") from None


def _choices(field: str) -> tuple[str, ...]:
    """The names that an option takes, also inside a tuple."""
    waiting, found = [Settings.model_fields[field].annotation], []
    while waiting:
        kind = waiting.pop()
        for part in get_args(kind):
            if isinstance(part, str):
                found.append(part)
            else:
                waiting.append(part)
    return tuple(found)
