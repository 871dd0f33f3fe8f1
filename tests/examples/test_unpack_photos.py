"""Grocery photos laid out for training, from an archive made by hand."""

import importlib.util
import io
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from nucleate.data import from_folder

SCRIPT = Path(__file__).parents[2] / "examples" / "grocery" / "unpack_photos.py"
ROWS = [
    ("train", "apple", "gala"), ("train", "apple", "pink lady"),
    ("test", "apple", "gala"), ("test", "apple", "pink lady"),
    ("train", "kiwi", "kiwi"), ("test", "kiwi", "kiwi"), ("val", "apple", "gala"),
]  # fmt: skip


def test_splits_become_top_folders_and_lone_subclasses_are_left_out(tmp_path: Path) -> None:
    specification = importlib.util.spec_from_file_location("unpack_photos", SCRIPT)
    assert specification is not None
    assert specification.loader is not None
    script = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(script)
    lines = ["file,split,top,superclass,subclass"]
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        for place, (split, superclass, subclass) in enumerate(ROWS):
            picture = io.BytesIO()
            Image.fromarray(np.full((4, 4, 3), 20 * place, np.uint8)).save(picture, "PNG")
            archive.writestr(f"images/{place}.png", picture.getvalue())
            lines.append(f"images/{place}.png,{split},fruit,{superclass},{subclass}")
        archive.writestr("meta.csv", "\n".join(lines))
    assert script.unpack(tmp_path / "photos.zip", tmp_path / "photos") == 4
    samples = from_folder(tmp_path / "photos")
    assert samples.split_sizes == {"test": 2, "train": 2}
    assert sorted(samples.labels("subclass")) == ["gala", "gala", "pink lady", "pink lady"]
