"""The family of errors nucleate raises.

Every message says what went wrong, where, and how to mend it, in one line.
"""

from __future__ import annotations


def first_line(error: BaseException) -> str:
    """Another library's error in one line, to be told inside one of ours.

    Examples
    --------
    >>> first_line(ValueError("no such file.\\nTry again"))
    'no such file'
    """
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(". ")


def printable(text: str) -> str:
    """Text in which control characters are spelled out: names of files and classes never steer a terminal.

    Examples
    --------
    >>> printable("red: " + chr(27) + "[31m")
    'red: \\\\x1b[31m'
    """
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


class NucleateError(Exception):
    """Base of every error nucleate raises on purpose.

    Parameters
    ----------
    what : str
        What went wrong and where (layer, file, row, shape).
    mend : str, optional
        How to mend it: the next step the reader should take.
    """

    exit_code = 1

    def __init__(self, what: str, mend: str = "") -> None:
        self.what = printable(what).rstrip(". ")
        self.mend = printable(mend).rstrip(". ")
        end = "" if self.mend.endswith("?") else "."
        super().__init__(f"{self.what}. {self.mend}{end}" if self.mend else f"{self.what}.")

    def __str__(self) -> str:
        # KeyError and OSError would otherwise print their arguments in their own way.
        return str(self.args[0])


class UsageError(NucleateError, ValueError):
    """The request itself cannot be meant: an unknown name, an impossible number, a missing folder."""

    exit_code = 2


class ArrayError(UsageError):
    """An array of the wrong shape, type or content (NaN, infinite) was passed to a pure function."""


class HierarchyError(UsageError):
    """Labels do not form a tree: a cycle, two parents, an empty superclass, an unknown level."""


class DataError(UsageError):
    """Samples cannot be found or do not fit the hierarchy."""


class ModelError(UsageError):
    """A network cannot be loaded, run or tapped as asked."""


class RunError(NucleateError, RuntimeError):
    """A run started and could not go on."""


class StorageError(NucleateError, OSError):
    """Bytes on disk are missing, damaged or could not be written."""


class RunFolderError(RunError):
    """A run folder belongs to another request: other samples, another network."""


class NoRunError(RunFolderError):
    """There is no run where one was named."""

    exit_code = 2
