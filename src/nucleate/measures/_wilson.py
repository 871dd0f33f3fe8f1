"""Wilson's interval for a proportion."""

from __future__ import annotations

import math
from statistics import NormalDist

from nucleate.errors import UsageError


def wilson_interval(successes: int, trials: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Interval that holds the true proportion behind `successes` of `trials` with the given confidence.

    With p = successes/trials and z the normal quantile of (1 + confidence)/2, the ends are
    (p + z²/2n ± z sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n). They stay within [0, 1], also where p is 0 or 1.

    Raises
    ------
    UsageError
        When there are no trials, more successes than trials, or the confidence is not between 0 and 1.

    References
    ----------
    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22, 1927.

    Examples
    --------
    >>> low, high = wilson_interval(9, 10)
    >>> round(low, 4), round(high, 4)
    (0.5958, 0.9821)
    """
    if not 0 <= successes <= trials or trials == 0:
        raise UsageError(f"{successes} successes in {trials} trials", "Count at least one trial and no more successes")
    if not 0 < confidence < 1:
        raise UsageError(f"confidence is {confidence}", "Choose one between 0 and 1, such as 0.95")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, spread = successes / trials, z * z / trials
    center = share + spread / 2
    half = math.sqrt(spread * share * (1 - share) + spread**2 / 4)
    low, high = (center - half) / (1 + spread), (center + half) / (1 + spread)
    # Rounding must not push an end past the share itself, nor past 0 and 1.
    return min(share, max(0.0, low)), max(share, min(1.0, high))
