"""What users pass in -> validated NumPy arrays. Every pure function begins here."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from nucleate.errors import ArrayError

if TYPE_CHECKING:
    import torch

    ArrayLike = np.ndarray | torch.Tensor | list[Any] | tuple[Any, ...]


def to_numpy(values: Any) -> np.ndarray:
    """A NumPy view (or copy, from another device) of an array, torch tensor, polars Series or list."""
    if hasattr(values, "detach"):  # a torch tensor, without importing torch
        values = values.detach().cpu()
        if str(values.dtype) == "torch.bfloat16":  # NumPy has no bfloat16
            values = values.float()
        return values.numpy()
    if hasattr(values, "to_numpy"):
        return np.asarray(values.to_numpy())
    return np.asarray(values)


def as_matrix(values: Any, *, name: str = "X", min_rows: int = 1, finite: bool = True) -> np.ndarray:
    """Check samples by columns and return them as C-contiguous float32 or float64, shape (n, d).

    float32 and float64 are kept, smaller floats become float32, integers and booleans float64. With `finite=False` the
    caller promises to look for NaN and infinity itself, in a pass over the values that it makes anyway, and to call
    `check_finite` when there are some.

    Raises
    ------
    ArrayError
        When the array is not two-dimensional, has fewer than `min_rows` rows or no columns, holds
        other things than real numbers, or holds NaN or infinity (the first bad row is named).
    """
    array = to_numpy(values)
    if array.ndim != 2:
        raise ArrayError(f"{name} has shape {array.shape}", "Pass a two-dimensional array of shape (samples, columns)")
    if array.shape[0] < min_rows or array.shape[1] < 1:
        raise ArrayError(f"{name} has shape {array.shape}, at least ({min_rows}, 1) is needed", "Pass more samples")
    if array.dtype.kind not in "fiub":
        raise ArrayError(f"{name} has dtype {array.dtype}", "Pass real numbers")
    if array.dtype not in (np.float32, np.float64):
        array = array.astype(np.float32 if array.dtype.kind == "f" and array.dtype.itemsize < 4 else np.float64)
    array = np.ascontiguousarray(array)
    # One pass without a temporary of the array's size: a sum is finite unless something in it is not (or overflows).
    with np.errstate(over="ignore", invalid="ignore"):
        if finite and not np.isfinite(array.sum()):
            check_finite(array, name=name)
    return array


def check_finite(array: np.ndarray, *, name: str = "X") -> None:
    """Raise ArrayError when a matrix holds NaN or infinity; the first bad row is named."""
    bad = np.flatnonzero(~np.isfinite(array).all(axis=1))
    if len(bad):
        raise ArrayError(
            f"{name} holds NaN or infinity in {len(bad)} of {len(array)} rows, first in row {bad[0]}",
            "Leave these rows out",
        )


def as_codes(values: Any, *, name: str = "labels", n: int | None = None) -> np.ndarray:
    """Check one label per sample (integers or strings) and return codes 0..classes-1, int64, shape (n,).

    Codes follow the sorted order of the labels.

    Raises
    ------
    ArrayError
        When labels are not one-dimensional, not `n` of them, empty or missing (None, NaN).
    """
    array = to_numpy(values)
    if array.ndim != 1:
        raise ArrayError(f"{name} has shape {array.shape}", "Pass one label per sample")
    if n is not None and len(array) != n:
        raise ArrayError(f"{name} holds {len(array)} entries for {n} samples", "Pass one label per sample")
    if len(array) == 0:
        raise ArrayError(f"{name} is empty", "Pass at least one sample")
    if array.dtype.kind == "f" and np.isnan(array).any():
        raise ArrayError(f"{name} is missing in row {int(np.flatnonzero(np.isnan(array))[0])}", "Leave it out")
    if array.dtype.kind == "O":
        for row, value in enumerate(array):
            if value is None or value != value:
                raise ArrayError(f"{name} is missing in row {row}", "Leave it out")
        array = array.astype(str) if any(isinstance(value, str) for value in array) else array
    return np.unique(array, return_inverse=True)[1].astype(np.int64, copy=False)


def power_of_two(largest: float) -> float:
    """What brings numbers of that magnitude between 1/2 and 1, or as near as float64 reaches, without rounding.

    Examples
    --------
    >>> power_of_two(5.0), power_of_two(0.0)
    (0.125, 1.0)
    """
    return math.ldexp(1.0, min(-math.frexp(largest)[1], 1022))
