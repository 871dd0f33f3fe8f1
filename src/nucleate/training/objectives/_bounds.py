"""Ranges of hyper-parameters."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Bounds:
    """The numbers that a hyper-parameter may be; never infinite.

    Parameters
    ----------
    low, high : float
        The ends.
    open_low, open_high : bool
        Whether an end itself is left out.
    whole : bool
        Whether only whole numbers are meant.

    Examples
    --------
    >>> share = Bounds(0, 1, open_high=True)
    >>> 0.5 in share, 1.0 in share, str(share)
    (True, False, 'in [0, 1)')
    """

    low: float = -math.inf
    high: float = math.inf
    open_low: bool = False
    open_high: bool = False
    whole: bool = False

    def __contains__(self, value: float) -> bool:
        above = value > self.low if self.open_low else value >= self.low
        below = value < self.high if self.open_high else value <= self.high
        return math.isfinite(value) and above and below and (not self.whole or value == int(value))

    def __str__(self) -> str:
        low = "(" if self.open_low or math.isinf(self.low) else "["
        high = ")" if self.open_high or math.isinf(self.high) else "]"
        return f"{'a whole number ' if self.whole else ''}in {low}{self.low:g}, {self.high:g}{high}"


FINITE = Bounds()
POSITIVE = Bounds(0, open_low=True)
NOT_NEGATIVE = Bounds(0)
