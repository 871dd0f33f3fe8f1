"""Answering a typo: the names a reader may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(name: str, known: Iterable[str], *, shown: int = 8) -> str:
    """The closest known names, or the first few when none is close.

    Examples
    --------
    >>> did_you_mean("layr1", ["layer1", "pool", "output"])
    "Did you mean 'layer1'?"
    >>> did_you_mean("xyz", ["layer1", "output"])
    'There are layer1, output'
    """
    names = list(known)
    close = difflib.get_close_matches(str(name), names, n=3, cutoff=0.6)
    if close:
        return f"Did you mean {' or '.join(map(repr, close))}?"
    listed = ", ".join(names[:shown])
    return f"There are {listed}" + (f" and {len(names) - shown} more" if len(names) > shown else "")
