import hashlib
import io
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nucleate.data import UnreadableImage, from_hub
from nucleate.errors import DataError

datasets = pytest.importorskip("datasets", reason="needs the extra hf")


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)


def png(value: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.full((5, 7, 3), value, np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def photos(values: list[int | None]) -> "datasets.Dataset":
    features = datasets.Features(
        {
            "photo": datasets.Image(),
            "kind": datasets.ClassLabel(names=["fruit", "milk"]),
            "name": datasets.Value("string"),
        }
    )
    rows = {
        "photo": [None if value is None else {"bytes": png(value), "path": None} for value in values],
        "kind": [(value or 0) // 100 for value in values],
        "name": [f"n{(value or 0) // 50}" for value in values],
    }
    return datasets.Dataset.from_dict(rows, features=features)


TRAIN, TEST = [10, 60, 110, None], [160, 20]


@pytest.fixture(params=["parquet", "saved"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    parts = datasets.DatasetDict({"train": photos(TRAIN), "test": photos(TEST)})
    if request.param == "saved":
        parts.save_to_disk(str(tmp_path / "photos"))
    else:
        (tmp_path / "photos" / "data").mkdir(parents=True)
        for name, part in parts.items():
            part.to_parquet(str(tmp_path / "photos" / "data" / f"{name}-00000-of-00001.parquet"))
    return tmp_path / "photos"


def test_images_labels_and_splits(folder: Path) -> None:
    samples = from_hub(folder, levels=["kind", "name"])
    assert samples.name == "photos"
    assert samples.table["id"].to_list() == ["train-0", "train-1", "train-2", "train-3", "test-0", "test-1"]
    assert samples.split_sizes == {"train": 4, "test": 2}
    assert samples.labels("kind").tolist() == ["fruit", "fruit", "milk", "fruit", "milk", "fruit"]
    assert samples.labels("name").tolist() == ["n0", "n1", "n2", "n0", "n3", "n0"]
    for row, value in enumerate(TRAIN + TEST):
        if value is None:
            assert samples.table["sha256"][row] == ""
            with pytest.raises(UnreadableImage, match="image is missing"):
                samples.source.read(row)
        else:
            assert samples.table["sha256"][row] == hashlib.sha256(png(value)).hexdigest()
            assert np.asarray(samples.source.read(row))[0, 0, 0] == value


def test_one_split_unlabelled(folder: Path) -> None:
    samples = from_hub(folder, split="test", image_column="photo")
    assert (len(samples), samples.levels, samples.split_sizes) == (2, (), {"test": 2})
    assert np.asarray(samples.source.read(0))[0, 0, 0] == 160
    with pytest.raises(DataError, match=r"no split 'validation'. It has train, test"):
        from_hub(folder, split="validation")


def test_texts(tmp_path: Path) -> None:
    (tmp_path / "glosses").mkdir()
    rows = {"gloss": ["a dog", "a boat", None], "kind": [1, 2, 1]}
    datasets.Dataset.from_dict(rows).to_parquet(str(tmp_path / "glosses" / "all.parquet"))
    samples = from_hub(tmp_path / "glosses", text_column="gloss", levels=["kind"])
    assert samples.source.read(1) == "a boat"
    assert samples.table["text"].to_list() == rows["gloss"]
    assert samples.labels("kind").tolist() == ["1", "2", "1"]
    with pytest.raises(DataError, match=r"unclear which column.*'gloss' \(texts\), 'kind' \(int64\)"):
        from_hub(tmp_path / "glosses")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"text_column": "photo"}, "'photo' of .* holds images, not texts"),
        ({"image_column": "name"}, "'name' of .* holds texts, not images"),
        ({"image_column": "phto"}, "Did you mean 'photo'"),
        ({"levels": ["kin"]}, "Did you mean 'kind'"),
        ({"image_column": "photo", "text_column": "name"}, "either images or texts"),
    ],
)
def test_wrong_columns_are_named(tmp_path: Path, options: dict[str, str], message: str) -> None:
    photos(TEST).save_to_disk(str(tmp_path / "one"))
    with pytest.raises(DataError, match=message):
        from_hub(tmp_path / "one", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(("feature", "kind"), [("Video", "video"), ("Audio", "audio")])
def test_video_and_audio_are_refused(feature: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    features = datasets.Features({"clip": getattr(datasets, feature)(), "kind": datasets.Value("string")})
    clips = datasets.Dataset.from_dict({"clip": [None], "kind": ["a"]}, features=features)
    monkeypatch.setattr(datasets, "load_dataset", lambda *_: clips)
    with pytest.raises(DataError, match=rf"holds {kind}, and nucleate probes images and texts only.*'clip' \({kind}\)"):
        from_hub("somebody/clips")
    with pytest.raises(DataError, match=rf"'clip' of somebody/clips holds {kind}, not images"):
        from_hub("somebody/clips", image_column="clip")


def test_what_cannot_be_had_says_how_to_mend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match=r"not in the cache, and could not be downloaded.*Parquet"):
        from_hub("nobody/nothing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="cannot be read"):
        from_hub(tmp_path / "empty")
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(DataError, match=r"pip install 'nucleate\[hf\]'"):
        from_hub("anything")
