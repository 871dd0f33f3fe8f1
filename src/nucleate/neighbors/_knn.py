"""Exact k nearest neighbours of every row."""

from __future__ import annotations

from typing import Any

from nucleate.neighbors._cuda import candidates, is_cuda
from nucleate.neighbors._neighbors import Metric, Neighbors
from nucleate.neighbors._search import KNNSearch


def knn(X: Any, k: int = 30, *, metric: Metric = "euclidean") -> Neighbors:
    r"""Find the exact k nearest neighbours of every row.

    Row i's neighbours are the k rows with the smallest :math:`(\|x_i - x_j\|, j)`, i itself left out: ties go
    to the smaller index. For ``metric="cosine"`` the distance is
    :math:`1 - \cos(x_i, x_j) = \|x_i/\|x_i\| - x_j/\|x_j\|\|^2 / 2`, computed in the second form, which does not
    cancel.

    Candidates come from float32 matrix products of centred rows, their distances are measured again in
    float64 from the data as given, and a rounding-error bound proves that no other row is nearer. Rows
    without such a proof (many ties, far-apart clusters) are searched again in float64. The result
    therefore equals a float64 brute force and has the same bits for any number of threads. While it
    runs, NumPy's matrix products elsewhere in the process are held to one thread.

    Parameters
    ----------
    X : array, tensor or row source, (n, d)
        Samples by columns. Products of a CUDA tensor are taken on its device. Besides arrays, any object
        with `shape`, `dtype` and row slicing (``X[start:stop]``) is read a few blocks of rows at a time.
    k : int
        Neighbours per row, 1 to n - 1.
    metric : {"euclidean", "cosine"}
        Distance to use.

    Returns
    -------
    Neighbors
        int32 indices and float64 distances, both (n, k).

    Raises
    ------
    ArrayError
        When X has fewer than two rows or holds NaN or infinity, when k is not between 1 and n - 1, or when
        a row of zeros meets the cosine metric.

    Notes
    -----
    Time: n**2 d floating-point operations in float32 (each pair's product is taken once) and about
    4 n k d in float64. Memory beyond X and the result: 10 n k bytes and, per thread, three blocks of
    up to 32 MiB.

    Examples
    --------
    >>> neighbors = knn([[0.0], [1.0], [3.0], [7.0]], k=2)
    >>> neighbors.indices.tolist()
    [[1, 2], [0, 2], [1, 0], [2, 1]]
    >>> neighbors.distances[3].tolist()
    [4.0, 6.0]
    """
    search = KNNSearch(X, k, metric=metric)
    if is_cuda(X):
        search.fill(*candidates(X, search.rows, search.width), done=search.tiles)
    return search.result()
