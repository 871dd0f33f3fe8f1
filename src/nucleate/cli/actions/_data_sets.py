"""Data sets in formats of their own, named by a prefix of --data: KIND:PATH, or KIND:PATH?option=value&option=value."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from nucleate import data
from nucleate.data import Samples
from nucleate.errors import UsageError
from nucleate.labels import Hierarchy
from nucleate.suggestions import did_you_mean

OPTIONS = {"idx": ("first",), "cifar10": (), "cifar100": (), "modmnist": ("canvas", "seed")}
"""Kind -> options it knows, each a whole number."""

CIFAR = {"cifar10": "CIFAR-10", "cifar100": "CIFAR-100"}


def is_data_set(source: str) -> bool:
    """Whether `--data` begins with a kind of data set.

    Raises
    ------
    UsageError
        When it nearly does, and is no path either.
    """
    kind, colon, _ = source.partition(":")
    if not colon or kind in OPTIONS or Path(source).exists():
        return kind in OPTIONS and bool(colon)
    told = did_you_mean(kind, OPTIONS)
    if told.startswith("Did you mean"):
        raise UsageError(f"There is no kind of data set {kind!r}", told)
    return False


def load_data_set(
    source: str, hierarchy: Hierarchy | None, load: Callable[[str, Hierarchy | None], Samples]
) -> Samples:
    """The samples of KIND:PATH; `load` reads the digits that modmnist moves about."""
    kind, _, rest = source.partition(":")
    path, options = read_options(kind, rest)
    if kind == "modmnist":
        # What its own options leave over belongs to the digits: modmnist:idx:mnist?canvas=64&first=1000.
        others = "&".join(f"{name}={value}" for name, value in options.items() if name not in OPTIONS[kind])
        if others and not is_data_set(path):
            name = others.partition("=")[0]
            raise UsageError(f"modmnist: data have no option {name!r}", did_you_mean(name, OPTIONS[kind]))
        own = {name: whole_number(kind, name, options[name]) for name in OPTIONS[kind] if name in options}
        return data.from_modmnist(load(f"{path}?{others}" if others else path, hierarchy), **own)
    for name in options:
        if name not in OPTIONS[kind]:
            raise UsageError(f"{kind}: data have no option {name!r}", did_you_mean(name, OPTIONS[kind] or ["none"]))
    if kind == "idx":
        first = whole_number(kind, "first", options["first"]) if "first" in options else None
        return data.from_idx(path, hierarchy=hierarchy, first=first)
    samples = data.from_cifar(path, hierarchy=hierarchy)
    if samples.name != CIFAR[kind]:
        other = next(name for name, told in CIFAR.items() if told == samples.name)
        raise UsageError(f"{path} holds {samples.name}", f"Write --data {other}:{path}")
    return samples


def read_options(kind: str, text: str) -> tuple[str, dict[str, str]]:
    """The path and the options after its question mark.

    Examples
    --------
    >>> read_options("idx", "mnist?first=1000")
    ('mnist', {'first': '1000'})
    """
    path, _, tail = text.partition("?")
    if not path:
        raise UsageError(f"--data {kind}: names no path", f"Write it like {kind}:FOLDER")
    options = {}
    for part in filter(None, tail.split("&")):
        name, equals, value = part.partition("=")
        if not equals:
            raise UsageError(f"--data {kind}:{text} has {part!r} after the question mark", "Write it like ?first=1000")
        options[name] = value
    return path, options


def whole_number(kind: str, name: str, value: str) -> int:
    """The value of an option."""
    try:
        return int(value)
    except ValueError:
        raise UsageError(f"--data {kind}: {name}={value!r} is not a whole number", f"Write it like {name}=64") from None
