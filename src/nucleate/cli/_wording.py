"""Errors are worded for Python, where most people meet them; on the command line their advice names flags."""

from __future__ import annotations

import re
from collections.abc import Iterable

PHRASES = {
    "pretrained=False": "--random-weights",
    "image_column=": "--path-column",
    "load('resnet50', checkpoint=...)": "--model resnet50 --checkpoint FILE",
    "Leave out checkpoint, num_classes and in_channels": "Leave out --checkpoint",
    "Give the name, num_classes and in_channels that it was trained with": "Name the --model that it was trained as",
    "Wrap it: nucleate.models.as_network(module, ": "Name a factory (--model package.module:factory) that returns "
    "nucleate.models.as_network(module, ",
}
"""Advice that is more than one keyword."""


def as_flags(message: str, options: Iterable[str]) -> str:
    """A message in which Python's keywords have become flags.

    Parameters
    ----------
    message : str
        What an error says.
    options : iterable of str
        The names of keywords that are flags of the command.

    Examples
    --------
    >>> as_flags("Name it with path_column= or text_column=", ["path_column", "text_column"])
    'Name it with --path-column or --text-column'
    >>> as_flags("batch_size=0: a batch holds at least 1 row", ["batch_size"])
    '--batch-size 0: a batch holds at least 1 row'
    >>> as_flags("Name the network and pass checkpoint='a b.pt'", ["checkpoint"])
    "Name the network and pass --checkpoint 'a b.pt'"
    """
    for python, flags in PHRASES.items():
        message = message.replace(python, flags)
    names = "|".join(sorted(map(re.escape, options), key=len, reverse=True))
    # Not inside of a path or of the options of a data set.
    keyword = re.compile(rf"(?<![\w/?&.'-])({names})=(\.\.\.|'[^']*'|[^\s,;:)]*)")

    def flag(found: re.Match[str]) -> str:
        name, value = found.groups()
        plain = value.strip("'")
        shown = value if " " in plain or not plain else plain
        return f"--{name.replace('_', '-')}" + (f" {shown}" if value not in ("", "...") else "")

    return keyword.sub(flag, message) if names else message
