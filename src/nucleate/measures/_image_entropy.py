"""Entropy of images, and of the neighbourhoods they form: are hubs simple pictures?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from nucleate.arrays import to_numpy
from nucleate.errors import ArrayError
from nucleate.measures._hubness import hubness
from nucleate.neighbors import Neighbors


def image_entropy(images: Any) -> Float[np.ndarray, " n"]:
    r"""Shannon entropy of the pixel values of each image, in bits, averaged over its channels.

    .. math:: S = -\frac{1}{n_c} \sum_{c=1}^{n_c} \sum_{v=0}^{255} p_{cv} \log_2 p_{cv}

    with :math:`p_{cv}` the share of pixels of channel c that have the value v. 0 for a plain image, at most 8.

    Parameters
    ----------
    images : uint8, (n, height, width) or (n, height, width, channels)
        Images with values 0..255, channels last.

    Returns
    -------
    float64, (n,)
        Bits per pixel and channel.

    Raises
    ------
    ArrayError
        When images are not unsigned bytes or not of one of the two shapes.

    Notes
    -----
    Time O(pixels), memory O(pixels of one image).

    References
    ----------
    Doimo, Glielmo, Ansuini, Laio, "Hierarchical nucleation in deep neural networks", NeurIPS 2020.

    Examples
    --------
    >>> import numpy as np
    >>> image_entropy(np.array([[[0, 0], [0, 0]], [[0, 1], [2, 3]]], np.uint8)).tolist()
    [0.0, 2.0]
    """
    pixels = to_numpy(images)
    if pixels.dtype != np.uint8:
        raise ArrayError(f"images have dtype {pixels.dtype}", "Pass pixel values 0..255 as uint8")
    if pixels.ndim not in (3, 4) or 0 in pixels.shape[1:]:
        raise ArrayError(f"images have shape {pixels.shape}", "Pass (n, height, width) or (n, height, width, channels)")
    channels = pixels.shape[3] if pixels.ndim == 4 else 1
    planes = pixels.reshape(len(pixels), pixels.shape[1] * pixels.shape[2], channels)
    return np.array([np.mean([_entropy(plane[:, c]) for c in range(channels)]) for plane in planes], np.float64)


def _entropy(values: np.ndarray) -> float:
    counts = np.bincount(values)
    shares = counts[counts > 0] / len(values)
    return float(abs(shares @ np.log2(shares)))  # never -0.0


@dataclass(frozen=True, eq=False, repr=False)
class NeighborhoodEntropy:
    """Mean image entropy within neighbourhoods, and what it would be with shuffled neighbours.

    Attributes
    ----------
    value : float
        Mean over all neighbourhoods, bits.
    per_sample : float64, (n,)
        Mean entropy of the neighbours of each sample.
    shuffled : float
        Expectation of `value` when the images are dealt to the samples at random: the mean entropy.
    shuffled_deviation : float
        Standard deviation of `value` over such deals.
    """

    value: float
    per_sample: Float[np.ndarray, " n"]
    shuffled: float
    shuffled_deviation: float

    def __repr__(self) -> str:
        return (
            f"NeighborhoodEntropy(value={self.value:.3f}, shuffled={self.shuffled:.3f} ± {self.shuffled_deviation:.3f})"
        )


def neighborhood_entropy(neighbors: Neighbors, entropy: Any) -> NeighborhoodEntropy:
    r"""Mean entropy of the images in each sample's neighbourhood, against shuffled neighbours.

    .. math:: S_i = \frac{1}{k} \sum_{j \in N_k(i)} S_j, \qquad S = \frac{1}{N} \sum_i S_i
                  = \sum_j w_j S_j, \quad w_j = \frac{O_k(j)}{N k}

    with :math:`O_k(j)` the number of neighbourhoods j lies in. Hubs weigh more, so a low S says that hubs are simple.
    Over all ways to deal the images to the samples, S has mean :math:`\bar S` and variance
    :math:`\frac{1}{N - 1} \sum_j (w_j - 1/N)^2 \sum_j (S_j - \bar S)^2`, given here in place of random shuffles.

    Parameters
    ----------
    neighbors : Neighbors
        k nearest neighbours of n samples.
    entropy : numbers, (n,)
        Entropy of each sample's image, as from `image_entropy`.

    Returns
    -------
    NeighborhoodEntropy
        Value, per-sample values and the shuffled reference.

    Raises
    ------
    ArrayError
        When there is not one finite entropy per sample.

    Notes
    -----
    Time and memory O(n k).

    References
    ----------
    Doimo, Glielmo, Ansuini, Laio, "Hierarchical nucleation in deep neural networks", NeurIPS 2020.

    Examples
    --------
    >>> from nucleate.neighbors import knn
    >>> neighborhood_entropy(knn([[0.0], [1.0], [-1.1], [5.0]], 1), [1.0, 5.0, 5.0, 5.0])
    NeighborhoodEntropy(value=3.000, shuffled=4.000 ± 1.000)
    """
    values = to_numpy(entropy)
    if values.shape != (neighbors.n,) or values.dtype.kind not in "fiu" or not np.isfinite(values).all():
        raise ArrayError(
            f"entropy has shape {values.shape} and dtype {values.dtype}",
            f"Pass one finite number for each of the {neighbors.n} samples",
        )
    values = values.astype(np.float64)
    per_sample = values[neighbors.indices].mean(axis=1)
    weights = hubness(neighbors).occurrence / (neighbors.n * neighbors.k)
    spread = np.sum((weights - 1 / neighbors.n) ** 2) * np.sum((values - values.mean()) ** 2) / (neighbors.n - 1)
    return NeighborhoodEntropy(float(per_sample.mean()), per_sample, float(values.mean()), float(np.sqrt(spread)))
