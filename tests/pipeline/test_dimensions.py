"""A run's intrinsic dimensions, layer by layer, are those of other packages."""

import json
import runpy
from pathlib import Path

import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn

from nucleate.data import from_arrays
from nucleate.models import as_network
from nucleate.pipeline import Reporter, probe

REFERENCE = Path(__file__).parents[1] / "measures" / "reference"


def test_the_profile_of_the_digits_is_that_of_scikit_dimension_and_dadapy(tmp_path: Path) -> None:
    known = json.loads((REFERENCE / "dimensions.json").read_text())
    weights = runpy.run_path(str(REFERENCE / "make_dimensions.py"))["weights"]()
    linear = [nn.Linear(*matrix.shape, bias=False) for matrix in weights]
    with torch.no_grad():
        for layer, matrix in zip(linear, weights, strict=True):
            layer.weight.copy_(torch.from_numpy(matrix.T))
    network = as_network(nn.Sequential(linear[0], nn.ReLU(), linear[1], nn.ReLU(), linear[2]), input_shape=(64,))
    samples = from_arrays((load_digits().data / 16).astype("float32"), name="digits")
    run = probe(
        network, samples, out=tmp_path / "run", reporter=Reporter(None), layers="input,0,2,output", k=8, pool="none",
        measures=("landscape",),
    )  # fmt: skip
    for package, estimates in known.items():
        for layer, name in zip(run.layer_names, ("input", "linear0", "linear1", "linear2"), strict=True):
            at_layer = run.scores("intrinsic_dimension").filter(layer=layer)
            found = dict(at_layer.select("parameters", "value").rows())
            found["gride rank=1"] = found["two-nn likelihood"]
            for parameters, expected in estimates[name].items():
                if parameters in found:
                    assert found[parameters] == pytest.approx(expected, rel=1e-4), (package, layer, parameters)
    assert run.scores("intrinsic_dimension", parameters="two-nn fraction=0.9").height == 4
