"""Watch kinds of apples, milks and juices come apart, or not, while a small network learns their superclasses.

    python examples/grocery/train_grocery.py --photos grocery_128.zip --out runs/grocery-training

The photos are those of Klasson, Zhang and Kjellström, "A hierarchical grocery store image dataset with visual and
semantic labels", WACV 2019 (MIT licence). A small ResNet learns 12 superclasses (apple, juice, milk ...) from the
training photos at 64 pixels a side; every checkpoint is then probed with the test photos, whose 50 subclasses it was
never told about.
"""

from __future__ import annotations

import argparse
import io
import zipfile
from pathlib import Path

import polars as pl

import nucleate as nc
from nucleate.report import report_over_training

LEVELS = ("superclass", "subclass")


def unpack(photos: Path, folder: Path) -> Path:
    """Lay photos of superclasses with several subclasses out as split/superclass/subclass."""
    with zipfile.ZipFile(photos) as archive:
        table = pl.read_csv(io.BytesIO(archive.read("meta.csv"))).filter(pl.col("split").is_in(["train", "test"]))
        tested = pl.col("subclass").filter(pl.col("split") == "test")
        table = table.filter(tested.n_unique().over("superclass") > 1)
        for row in table.sort("file").iter_rows(named=True):
            path = folder.joinpath(row["split"], *(row[level] for level in LEVELS), Path(row["file"]).name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(archive.read(row["file"]))
    return folder


def main() -> None:
    """Unpack, train, probe every checkpoint, report."""
    parser = argparse.ArgumentParser(description="Train a small ResNet on grocery photos and probe it over time.")
    parser.add_argument("--photos", type=Path, required=True, help="grocery_128.zip")
    parser.add_argument("--out", type=Path, default=Path("runs/grocery-training"), help="default: %(default)s")
    parser.add_argument("--epochs", type=int, default=20, help="passes over the training photos (default: %(default)s)")
    parser.add_argument("--every", type=int, default=2, help="epochs between checkpoints (default: %(default)s)")
    options = parser.parse_args()

    samples = nc.data.from_folder(unpack(options.photos, options.out / "photos"), levels=LEVELS)
    print(samples)
    recipe = nc.training.Recipe(
        epochs=options.epochs, checkpoint_every=options.every, image_size=64, crop=(0.4, 1.0), flip=True, warm_up=2
    )
    training = nc.training.fit("resnet-small", samples, out=options.out / "training", recipe=recipe)
    accuracies = training.curves.filter(pl.col("group").is_null() & (pl.col("epoch") == options.epochs))
    print(accuracies.select("split", "level", "accuracy"))
    found = nc.probe_checkpoints(
        training,
        samples,
        out=options.out / "probed",
        measures=("clusters", "label_overlap"),
        k=3,
        layers="input,blocks",
    )
    print(f"Report: {report_over_training(found)}")


if __name__ == "__main__":
    main()
