"""Samples of which some cannot be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from nucleate.data import Samples, UnreadableSample


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
