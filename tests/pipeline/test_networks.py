"""Networks of several kinds go through a probe without special handling."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nucleate.data import Samples, from_folder
from nucleate.models import load
from nucleate.pipeline import Reporter, probe


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    folder = tmp_path_factory.mktemp("photos")
    generator = np.random.default_rng(0)
    for leaf, parent in (("p", "a"), ("q", "a"), ("r", "b"), ("s", "b")):
        (folder / parent / leaf).mkdir(parents=True)
        for place in range(3):
            pixels = generator.integers(0, 255, (40, 50, 3), np.uint8)
            Image.fromarray(pixels).save(folder / parent / leaf / f"{place}.jpg")
    return from_folder(folder)


@pytest.mark.parametrize(
    ("name", "blocks", "first", "width"),
    [("resnet50", 16, "layer1.0", 256), ("timm:vit_tiny_patch16_224", 12, "blocks.0", 192)],
)
def test_networks_with_random_weights(
    photos: Samples, tmp_path: Path, name: str, blocks: int, first: str, width: int
) -> None:
    if name.startswith("timm:") and importlib.util.find_spec("timm") is None:
        pytest.skip("needs timm")
    run = probe(
        load(name, pretrained=False), photos, out=tmp_path / "run", k=3, factors=(1,), batch_size=4,
        reporter=Reporter(stream=None),
    )  # fmt: skip
    assert len(run.layer_names) == blocks + 1
    assert run.layer_names[0] == first
    assert run.layer_names[-1] == "output"
    assert run.activations(first).shape == (12, width)
    assert np.isfinite(run.profile["value"].to_numpy()).all()
