"""What is done to rows before they are clustered."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from jaxtyping import Float

from nucleate.arrays import as_matrix
from nucleate.errors import ArrayError

Normalization = Literal["none", "unit", "centred"]


def normalized(X: Any, how: Normalization = "unit") -> Float[np.ndarray, "n d"]:
    """Rows prepared for clustering: unit length, centred columns, or as they are.

    Parameters
    ----------
    X : (n, d) array or tensor
        Samples.
    how : {"unit", "centred", "none"}
        Divide each row by its Euclidean norm (rows of zeros stay zero), subtract each column's mean, or neither.

    Returns
    -------
    (n, d) float32 or float64
        The precision of `X` (half precision becomes float32, integers float64). Norms and means are summed in float64.

    Raises
    ------
    ArrayError
        When `X` is not a matrix of finite real numbers, or `how` is unknown.

    Examples
    --------
    >>> normalized([[3.0, 4.0], [0.0, 0.0]])
    array([[0.6, 0.8],
           [0. , 0. ]])
    """
    matrix = as_matrix(X)
    if how == "none":
        return matrix
    if how == "centred":
        return matrix - matrix.mean(axis=0, dtype=np.float64).astype(matrix.dtype)
    if how != "unit":
        raise ArrayError(f"Unknown normalization {how!r}", "Choose 'unit', 'centred' or 'none'")
    if matrix.dtype == np.float64:  # squares of very large or small entries would overflow or vanish
        largest = np.maximum(matrix.max(axis=1), -matrix.min(axis=1))
        largest[largest == 0] = 1
        matrix = matrix / largest[:, None]
    norms = np.sqrt(np.einsum("ij,ij->i", matrix, matrix, dtype=np.float64))
    norms[norms == 0] = 1
    # Divided in float64, rounded once, without a float64 copy.
    unit: np.ndarray = np.divide(matrix, norms[:, None], out=np.empty_like(matrix))
    return unit
