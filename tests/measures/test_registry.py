import inspect
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from nucleate import measures
from nucleate.measures import MEASURES
from nucleate.measures import _registry as registry


def test_no_measure_is_listed_twice():
    source = inspect.getsource(registry)
    assert source.count("MeasureInfo(\n") == len(MEASURES)


def test_entries_are_named_bounded_and_cited():
    for name, info in MEASURES.items():
        assert info.name == name
        assert info.title[0].isupper()
        assert info.description.endswith(".")
        assert info.citation
        if info.low is not None and info.high is not None:
            assert info.low < info.high
    with pytest.raises(TypeError):
        MEASURES["purity"] = MEASURES["ami"]
    with pytest.raises(FrozenInstanceError):
        MEASURES["purity"].low = -1.0


@pytest.mark.parametrize("name", ["purity", "ami", "ari"])
def test_values_respect_the_bounds(name):
    info, measure = MEASURES[name], getattr(measures, name)
    rng = np.random.default_rng(0)
    values = [measure(*rng.integers(0, rng.integers(1, 7), (2, rng.integers(1, 9)))) for _ in range(300)]
    assert max(values) == info.high
    assert info.low is None or min(values) >= info.low
