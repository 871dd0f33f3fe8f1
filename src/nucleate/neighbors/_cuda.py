"""Candidate lists of rows that already lie on a CUDA device."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from nucleate.neighbors._rows import Rows
from nucleate.neighbors._source import spans
from nucleate.neighbors._tiles import CHUNK

if TYPE_CHECKING:
    import torch

_TILE_ENTRIES = 2**27  # products of a block of rows with all rows: up to 512 MiB


def is_cuda(X: Any) -> bool:
    """Whether X is a torch tensor on a CUDA device (torch is not imported to find out)."""
    return bool(getattr(X, "is_cuda", False))


def candidates(X: torch.Tensor, rows: Rows, width: int) -> tuple[np.ndarray, np.ndarray]:
    """The `width` rows of smallest float32 product distance for each row: distances and indices, (n, width).

    The products differ from those of the CPU in rounding only, within the same bound, so what is proved from
    these lists is the same. Device memory: a float32 copy of X and products of up to 512 MiB.
    """
    import torch

    n, d = rows.source.n, rows.source.d
    with torch.no_grad(), _full_precision():
        weights = torch.from_numpy(rows.weights).to(X.device)
        centre = torch.from_numpy(rows.centre).to(X.device)
        norms = torch.from_numpy(rows.norms.astype(np.float32)).to(X.device)
        moved = torch.empty(X.shape, dtype=torch.float32, device=X.device)
        for start, stop in spans(n, rows.source.block_rows):
            moved[start:stop] = X[start:stop].double() * weights[start:stop, None] - centre
        values = np.empty((n, width), np.float32)
        indices = np.empty((n, width), np.int32)
        for start, stop in spans(n, max(1, _TILE_ENTRIES // n)):
            product = torch.zeros((stop - start, n), device=X.device)
            for low, high in spans(d, CHUNK):
                product += moved[start:stop, low:high] @ moved[:, low:high].T
            distance = norms[start:stop, None] + norms - 2 * product
            distance.diagonal(start).fill_(torch.inf)  # a row is never its own neighbour
            nearest = distance.topk(width, dim=1, largest=False, sorted=False)
            values[start:stop] = nearest.values.cpu().numpy()
            indices[start:stop] = nearest.indices.cpu().numpy()
    return values, indices


@contextmanager
def _full_precision() -> Iterator[None]:
    """Float32 products in float32: TF32 would break the error bound."""
    import torch

    before = torch.backends.cuda.matmul.fp32_precision
    torch.backends.cuda.matmul.fp32_precision = "ieee"
    try:
        yield
    finally:
        torch.backends.cuda.matmul.fp32_precision = before
