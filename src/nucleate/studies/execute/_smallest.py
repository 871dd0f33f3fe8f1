"""Whether data are large enough for what probes of them ask for, found out before anything runs."""

from __future__ import annotations

import numpy as np

from nucleate.data import Samples
from nucleate.errors import DataError
from nucleate.pipeline.plan import WITHOUT_NEIGHBORS
from nucleate.pipeline.request import Settings, settings
from nucleate.studies.declare import Probed, Setting
from nucleate.studies.execute._workspace import Workshop


def refuse_small(setting: Setting, workshop: Workshop) -> None:
    """Raise the error that says how large a data set of a setting would have to be.

    Raises
    ------
    DataError
        When there are too few samples for the neighbours or the clusters that a probe asks for, or no data at all.
    """
    for probe in dict.fromkeys(each for condition in setting.conditions for each in condition.probes):
        samples = workshop.samples(probe.data, probe.arrangement)
        asked = settings(**dict(probe.options))
        _refuse_few_neighbors(probe, samples, asked)
        if "clusters" in asked.measures and samples.levels:
            _refuse_few_members(probe, samples, asked)


def _refuse_few_neighbors(probe: Probed, samples: Samples, asked: Settings) -> None:
    split = asked.split or samples.evaluation_split()
    count, k = len(samples.rows(split)), max(asked.k, *asked.more_k, 0)
    if set(asked.measures) <= WITHOUT_NEIGHBORS or k < count:
        return
    raise DataError(
        f"{probe.data} has {count} samples in the split {split!r}, too few for {k} neighbours of each",
        f"The smallest that works has {k + 1}",
    )


def _refuse_few_members(probe: Probed, samples: Samples, asked: Settings) -> None:
    """Refuse where no superclass at all has as many samples as it would get clusters."""
    rows = samples.rows(asked.split or samples.evaluation_split())
    leaves = samples.labels(samples.levels[-1], rows)
    is_whole = probe.whole or len(samples.levels) == 1
    groups = np.full(len(rows), "") if is_whole else samples.labels(samples.levels[-2], rows)
    factor = max(asked.factors)
    members = [leaves[groups == group] for group in np.unique(groups)]
    lacking = {factor * len(np.unique(own)) - len(own): own for own in members}
    least = min(lacking)
    if least <= 0:
        return
    own = lacking[least]
    kinds = len(np.unique(own))
    of = "as a whole" if is_whole else "in its fullest superclass"
    raise DataError(
        f"{probe.data} has {len(own)} samples of {kinds} kinds {of}, too few for {factor * kinds} clusters "
        f"(overclustering factor {factor})",
        f"The smallest that works has {factor} of each kind",
    )
