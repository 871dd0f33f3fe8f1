"""Lay the grocery photos out as folders that `nucleate train` and `nucleate probe` read: split/superclass/subclass.

    python examples/grocery/unpack_photos.py --photos grocery_128.zip --out photos

The photos are those of Klasson, Zhang and Kjellström, "A hierarchical grocery store image dataset with visual and
semantic labels", WACV 2019 (MIT licence). Superclasses with a single subclass are left out.
"""

from __future__ import annotations

import argparse
import io
import zipfile
from pathlib import Path

import polars as pl


def unpack(photos: Path, folder: Path) -> int:
    """Write the training and test photos of superclasses with several subclasses; return how many there are."""
    with zipfile.ZipFile(photos) as archive:
        table = pl.read_csv(io.BytesIO(archive.read("meta.csv"))).filter(pl.col("split").is_in(["train", "test"]))
        tested = pl.col("subclass").filter(pl.col("split") == "test")
        table = table.filter(tested.n_unique().over("superclass") > 1)
        for row in table.iter_rows(named=True):
            path = folder / row["split"] / row["superclass"] / row["subclass"] / Path(row["file"]).name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(archive.read(row["file"]))
    return table.height


def main() -> None:
    """Unpack, and say how many."""
    parser = argparse.ArgumentParser(description="Lay grocery photos out as split/superclass/subclass.")
    parser.add_argument("--photos", type=Path, required=True, help="grocery_128.zip")
    parser.add_argument("--out", type=Path, default=Path("photos"), help="folder (default: %(default)s)")
    options = parser.parse_args()
    print(f"{unpack(options.photos, options.out):,} photos in {options.out}")


if __name__ == "__main__":
    main()
