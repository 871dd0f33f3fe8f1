"""Reading numbers, texts and byte arrays out of a stranger's pickle without running anything it names.

A pickle is a program that may call any function it can name. Here every opcode is checked against a list before the
first one runs, and a name of numpy's becomes an inert record: which name, with what arguments and what state. Any other
name is refused. Nothing of numpy is called until the records have been read and their sizes compared.
"""

from __future__ import annotations

import io
import math
import pickle
import pickletools
from typing import Any

import numpy as np

from nucleate.errors import DataError

ARRAY = ("numpy.core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "_reconstruct")
NAMES = frozenset({*ARRAY, ("numpy", "ndarray"), ("numpy", "dtype")})
OPCODES = frozenset(
    (
        *(
            "PROTO",
            "FRAME",
            "STOP",
            "MARK",
            "NONE",
            "NEWTRUE",
            "NEWFALSE",
            "INT",
            "BININT",
            "BININT1",
            "BININT2",
            "LONG1",
            "BINFLOAT",
        ),
        *("STRING", "BINSTRING", "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINUNICODE", "SHORT_BINUNICODE"),
        *(
            "EMPTY_LIST",
            "LIST",
            "APPEND",
            "APPENDS",
            "EMPTY_TUPLE",
            "TUPLE",
            "TUPLE1",
            "TUPLE2",
            "TUPLE3",
            "EMPTY_DICT",
            "DICT",
            "SETITEM",
            "SETITEMS",
        ),
        *(
            "PUT",
            "BINPUT",
            "LONG_BINPUT",
            "GET",
            "BINGET",
            "LONG_BINGET",
            "MEMOIZE",
            "GLOBAL",
            "STACK_GLOBAL",
            "REDUCE",
            "BUILD",
        ),
    )
)
PLACES = ("PUT", "LONG_BINPUT")  # opcodes that could claim a place so far out that the table of places fills memory
MOST_TUPLES = 100  # an array has three; nested without end they overflow the stack when one becomes a key


class Record:
    """A call that a pickle asked for and that was not made: a name, its arguments, and the state it would get."""

    __slots__ = ("arguments", "name", "state")

    def __init__(self, name: tuple[str, str], arguments: tuple[Any, ...]) -> None:
        self.name, self.arguments = name, arguments
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state


class Name:
    """A name of numpy's in a pickle; calling it makes a record."""

    __slots__ = ("name",)

    def __init__(self, name: tuple[str, str]) -> None:
        self.name = name

    def __call__(self, *arguments: Any) -> Record:
        return Record(self.name, arguments)

    def __setstate__(self, state: Any) -> None:
        raise pickle.UnpicklingError("a name is given a state")


class PlainUnpickler(pickle.Unpickler):
    """Knows the names of numpy arrays alone, and none of them by what it does."""

    def find_class(self, module: str, name: str) -> Any:
        """The inert stand-in of a name."""
        if (module, name) not in NAMES:
            raise pickle.UnpicklingError(f"it names {module}.{name}")
        return Name((module, name))


def read_plain_pickle(data: bytes, *, where: str) -> dict[str, Any]:
    """The table in a pickle of numbers, texts and 8-bit arrays, as Python 2 or 3 wrote it.

    Parameters
    ----------
    data : bytes
        The pickle.
    where : str
        What messages call it.

    Returns
    -------
    dict
        Text -> list, text, bytes, number or uint8 array.

    Raises
    ------
    DataError
        When it is damaged, is no table, or names anything but a numpy array.
    """
    try:
        refuse_unusual(data)
        content = PlainUnpickler(io.BytesIO(data), encoding="bytes").load()
        if not isinstance(content, dict):
            raise pickle.UnpicklingError(f"it holds one {type(content).__name__}")
        return {as_text(key): array_of(value) for key, value in content.items()}
    except Exception as error:  # a stranger's bytes make the unpickler fail in any way
        raise DataError(
            f"{where} is no plain table of arrays ({' '.join(str(error).split()) or type(error).__name__})",
            "Download it again from where it was published",
        ) from error


def refuse_unusual(data: bytes) -> None:
    """Refuse a pickle whose instructions are others than a table of arrays needs, before any of them runs."""
    tuples = 0
    for opcode, argument, _ in pickletools.genops(data):
        tuples += "TUPLE" in opcode.name
        if opcode.name not in OPCODES or tuples > MOST_TUPLES:
            raise pickle.UnpicklingError(f"it holds the instruction {opcode.name}, or too many of it")
        if opcode.name in PLACES and isinstance(argument, int) and argument > len(data):
            raise pickle.UnpicklingError(f"it claims {argument} remembered values")


def as_text(value: Any) -> str:
    """Text, which Python 2 wrote as bytes.

    Examples
    --------
    >>> as_text(b"airplane")
    'airplane'
    """
    return value.decode() if isinstance(value, bytes) else str(value)


def array_of(value: Any) -> Any:
    """The array that a record describes; other values as they are."""
    if isinstance(value, Name):
        raise pickle.UnpicklingError("a value is a name alone")
    if not isinstance(value, Record):
        return value
    if value.name not in ARRAY:
        raise pickle.UnpicklingError("a value is a type, not an array")
    _, shape, kind, by_columns, data = value.state
    if not isinstance(kind, Record) or as_text(kind.arguments[0]) != "u1":
        raise pickle.UnpicklingError("an array does not hold 8-bit numbers")
    if math.prod(shape) != len(data):
        raise pickle.UnpicklingError(f"an array claims shape {shape} and holds {len(data):,} values")
    return np.frombuffer(data, np.uint8).reshape(shape, order="F" if by_columns else "C")
