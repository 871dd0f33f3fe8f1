"""How long numbers of peaks last, against a count at each confidence."""

import itertools

import numpy as np
import pytest

from nucleate.clusters import density_peaks
from nucleate.neighbors import knn
from nucleate.reports.figures._persistence import draw_persistence, plateaus, widest

from .mountains import mountains


@pytest.fixture(scope="module")
def rough():
    return density_peaks(knn(np.random.default_rng(3).normal(size=(300, 3)), k=6), dimension=3)


def test_each_range_holds_the_number_that_a_cut_inside_it_finds(rough):
    found = plateaus(rough)
    assert found[0].low == 0
    assert found[-1].high is None
    for one, following in itertools.pairwise(found):
        assert one.high == following.low
        assert len(rough.at((one.low + one.high) / 2).centers) == one.peaks > following.peaks
    assert len(rough.at(found[-1].low + 1).centers) == found[-1].peaks


def test_widest_first(rough):
    spans = [plateau.high - plateau.low for plateau in widest(plateaus(rough), 4)]
    assert spans == sorted(spans, reverse=True)
    assert spans[0] == max(plateau.high - plateau.low for plateau in plateaus(rough)[:-1])


@pytest.mark.parametrize("width", [740, 340])
def test_draws_many_few_and_one(rough, width):
    single = density_peaks(knn(np.random.default_rng(0).normal(size=(40, 1)), k=39), dimension=1)
    for peaks in (rough, mountains(3).shown, single, rough.at(0)):
        drawing = draw_persistence(peaks, plateaus(peaks), width)
        assert drawing.count("<path") == 1
        assert "nan" not in drawing
        assert "inf" not in drawing
