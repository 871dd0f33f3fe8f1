"""How numbers are written in a report."""

from __future__ import annotations

NO_VALUE = "–"


def number(value: float | None, digits: int = 3) -> str:
    """A number with a fixed count of decimals and a true minus sign; a bare 0 is exact; a dash where there is none.

    Examples
    --------
    >>> number(-0.25, 2), number(-0.0001), number(0.0), number(None)
    ('−0.25', '0.000', '0', '–')
    """
    if value is None:
        return NO_VALUE
    if value == 0:
        return "0"
    rounded = round(value, digits) + 0.0  # turns -0.0 into 0.0
    return f"{rounded:.{digits}f}".replace("-", "−")


def count(value: int | None) -> str:
    """A whole number with thousands set apart by a narrow space that does not break.

    Examples
    --------
    >>> count(1797).replace("\u202f", " ")
    '1 797'
    """
    return NO_VALUE if value is None else f"{value:,}".replace(",", "\u202f")


def interval(low: float | None, high: float | None, digits: int = 3) -> str:
    """The two ends of an interval; a dash where there is none.

    Examples
    --------
    >>> interval(0.5, 0.75)
    '0.500 to 0.750'
    """
    if low is None or high is None:
        return NO_VALUE
    return f"{number(low, digits)} to {number(high, digits)}"


def listed(items: list[int]) -> str:
    """Whole numbers, runs of three and more as a range.

    Examples
    --------
    >>> listed([1, 2, 3, 4, 10])
    '1–4, 10'
    """
    spans: list[list[int]] = []
    for item in items:
        if spans and item == spans[-1][-1] + 1:
            spans[-1].append(item)
        else:
            spans.append([item])
    parts = [f"{span[0]}–{span[-1]}" if len(span) > 2 else ", ".join(map(str, span)) for span in spans]
    return ", ".join(parts)
