import numpy as np
import pytest

from nucleate.pipeline.plan._subsampling import fewer_neighbors, subsample


def test_the_ratio_of_classes_to_samples_per_class_is_kept() -> None:
    labels = np.repeat(np.arange(100), 50)
    chosen = subsample(labels, 5000, share=0.25, seed=0)
    classes, counts = np.unique(labels[chosen], return_counts=True)
    assert len(classes) == 50
    assert set(counts) == {25}
    assert (np.diff(chosen) > 0).all()


def test_draws_differ_by_seed_and_share_alone() -> None:
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(40), 30))
    first = subsample(labels, 1200, share=0.5, seed=3)
    assert np.array_equal(first, subsample(labels, 1200, share=0.5, seed=3))
    assert not np.array_equal(first, subsample(labels, 1200, share=0.5, seed=4))
    assert np.array_equal(subsample(labels, 1200, share=1.0, seed=3), np.arange(1200))


@pytest.mark.parametrize("labels", [None, np.array(["only"] * 9), np.arange(9)])
def test_something_is_always_left(labels: np.ndarray | None) -> None:
    chosen = subsample(labels, 9, share=0.01, seed=0)
    assert 2 <= len(chosen) <= 9
    assert len(set(chosen.tolist())) == len(chosen)


def test_neighbours_stay_the_same_part_of_a_class() -> None:
    assert fewer_neighbors(30, share=0.25, n=1000) == 15
    assert fewer_neighbors(1, share=0.01, n=1000) == 1
    assert fewer_neighbors(30, share=0.81, n=20) == 19
