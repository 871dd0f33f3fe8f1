"""Samples of which some cannot be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from nucleate.data import Samples, UnreadableSample
from nucleate.pipeline.rows import _extraction as extraction


@dataclass(frozen=True)
class _Broken:
    source: Any
    reasons: Mapping[int, str]

    def read(self, row: int) -> Any:
        if row in self.reasons:
            raise UnreadableSample(self.reasons[row])
        return self.source.read(row)


def with_unreadable(samples: Samples, reasons: Mapping[int, str]) -> Samples:
    """The same samples, of which some rows cannot be read, each for its reason."""
    return replace(samples, source=_Broken(samples.source, reasons))


def lose_after_one_pass(patch: pytest.MonkeyPatch, row: int) -> None:
    """Make one sample unreadable once samples have gone through the network for the first time."""
    extract, sweeps = extraction.extract, iter((0,))

    def losing(network: Any, samples: Samples, *arguments: Any, **keywords: Any) -> Any:
        samples = samples if next(sweeps, None) == 0 else with_unreadable(samples, {row: "gone"})
        return extract(network, samples, *arguments, **keywords)

    patch.setattr(extraction, "extract", losing)
