"""Data that no network was trained on: which there are, how they are probed, scored and drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np
from jaxtyping import Float

from nucleate.studies._evidence import Evidence, scores
from nucleate.studies.claims import LayerProfile
from nucleate.studies.declare import FACTORS, WHOLE, Probed, Published, Scale, Trained
from nucleate.studies.figures import Picture, draw_grid, draw_profiles

EXTERNAL: Mapping[Scale, tuple[str, ...]] = MappingProxyType(
    {
        "small": ("fashion-mnist", "modmnist-digits", "grocery-grey"),
        "paper": ("tf-flowers", "uc-merced", "pets", "cars196"),
    }
)
"""Data that no network of a scale has seen, those that are trained on Fashion-MNIST aside."""

SIDES: Mapping[str, int] = MappingProxyType({"digits": 32, "fashion-mnist": 32})
"""Data a network was trained on -> pixels a side at which it sees others: of 8 or 14, a photo would keep little."""

SHOWN_AS: Mapping[str, str] = MappingProxyType(
    {
        "fashion-mnist": "Fashion-MNIST",
        "modmnist-digits": "moved digits",
        "grocery": "groceries",
        "grocery-grey": "groceries",
        "tf-flowers": "tf_flowers",
        "uc-merced": "UC Merced",
        "pets": "Oxford-IIIT Pets",
        "cars196": "Cars196",
    }
)
"""Names in figures, where they are others; the same photos in grey are the same data."""

CHANCE = "shuffled labels"
BANDS = "Bands: 95 % intervals over seeds."


def probed_externally(networks: Sequence[Trained | Published], data_sets: Sequence[str]) -> tuple[Probed, ...]:
    """Probes of the penultimate layer, the samples of each data set clustered as a whole."""
    return tuple(
        Probed(network, data, options=WHOLE, whole=True, side=_side(network))
        for data in data_sets
        for network in networks
    )


def _side(network: Trained | Published) -> int | None:
    return SIDES.get(network.data) if isinstance(network, Trained) else None


def seen_as(data: str) -> str:
    """The name of a data set in figures.

    Examples
    --------
    >>> seen_as("grocery-grey"), seen_as("digits")
    ('groceries', 'digits')
    """
    return SHOWN_AS.get(data, data)


def data_of(evidence: Evidence, *conditions: str) -> tuple[str, ...]:
    """The data sets, as in figures, that some conditions were all probed on; default those of any condition."""
    sets = [[seen_as(probe.data) for probe in evidence.probes(name)] for name in conditions or evidence.conditions]
    every = dict.fromkeys(data for found in sets for data in found)
    return tuple(data for data in every if not conditions or all(data in found for found in sets))


def by_factor(evidence: Evidence, condition: str, data: str, measure: str, *, column: str = "value") -> LayerProfile:
    """A score of one data set against the overclustering factor, one row for each seed.

    `column` is `value`, or `chance` for the level that shuffled labels reach.
    """
    runs = [evidence.runs[probe] for probe in evidence.probes(condition) if seen_as(probe.data) == data]
    tables = [dict(scores(run, measure, level="recover").select("parameters", column).iter_rows()) for run in runs]
    values = np.array([[table[f"factor={factor}"] for factor in FACTORS] for table in tables], dtype=np.float64)
    return LayerProfile(condition, tuple(map(str, FACTORS)), np.array(FACTORS, dtype=np.float64), values)


def over_factors(evidence: Evidence, condition: str, data: str, measure: str) -> Float[np.ndarray, " seeds"]:
    """A condition's score of one data set: the mean over the overclustering factors that are drawn."""
    return np.asarray(by_factor(evidence, condition, data, measure).values.mean(axis=1))


def by_data(
    evidence: Evidence, condition: str, measure: str, data_sets: Sequence[str]
) -> Float[np.ndarray, " data_sets"]:
    """A condition's score of each data set, `over_factors` and meaned over seeds."""
    return np.array([over_factors(evidence, condition, data, measure).mean() for data in data_sets])


def draw_external(evidence: Evidence, measure: str, caption: str, *, only: Sequence[str] = ()) -> Picture:
    """A score against the overclustering factor: a panel for each data set, a line for each condition.

    Of `only` some conditions, with the data sets of the first. Purity, which grows with the number of clusters by
    itself, has a line for what shuffled labels reach.
    """
    panels = {}
    for data in data_of(evidence, *only[:1]):
        names = [name for name in only or evidence.conditions if data in data_of(evidence, name)]
        panels[data] = [by_factor(evidence, name, data, measure) for name in names]
        if measure == "purity":
            chance = np.concatenate(
                [by_factor(evidence, name, data, measure, column="chance").values for name in names]
            )
            mean = chance.mean(axis=0, keepdims=True)
            panels[data].append(replace(panels[data][0], name=CHANCE, values=mean))
    return draw_profiles(caption, panels, measure=measure, across="overclustering factor")


def draw_means(evidence: Evidence, measure: str, caption: str, *, ranked: bool = False) -> Picture:
    """Scores as a table in colours, means over factors and seeds: a row for each condition, best first if `ranked`."""
    sets = data_of(evidence)
    rows = {}
    for name in evidence.conditions:
        own = data_of(evidence, name)
        scored = dict(zip(own, by_data(evidence, name, measure, own).tolist(), strict=True))
        rows[name] = [scored.get(data) for data in sets]
    if ranked:
        rows = dict(sorted(rows.items(), key=lambda row: -sum(value or 0 for value in row[1])))
    return draw_grid(caption, rows, sets)
