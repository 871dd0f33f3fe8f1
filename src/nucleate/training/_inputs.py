"""Batches of network inputs: decoded once, kept as bytes while memory lasts, assembled ahead of the network."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

import numpy as np
import torch
from jaxtyping import Float, Int, Shaped
from PIL import Image

from nucleate.data import Samples, UnreadableSample
from nucleate.errors import DataError
from nucleate.models import Preprocessing
from nucleate.training._augmentation import crop_boxes, cropped, flipped
from nucleate.training._recipe import Recipe

Raw = Shaped[np.ndarray, "n ..."]
"""Images before they are standardised, uint8 of shape (n, h, w, c), or inputs as they are, float32 (n, ...)."""


@dataclass(frozen=True)
class Batch:
    """What one step learns from.

    Attributes
    ----------
    views : tuple of arrays
        The same samples once, or several times, each time augmented anew.
    targets : int64 array of shape (n,)
        Classes; -1 of samples without.
    places : int64 array of shape (n,)
        Which of the inputs these are.
    """

    views: tuple[Raw, ...]
    targets: Int[np.ndarray, " n"]
    places: Int[np.ndarray, " n"]


class Inputs(Protocol):
    """Samples to learn from, by their place 0, 1, ..."""

    @property
    def targets(self) -> Int[np.ndarray, " n"]:
        """Their classes."""
        ...

    def read(self, places: np.ndarray, generator: np.random.Generator | None) -> tuple[Raw, np.ndarray]:
        """Inputs at some places, and the places that could be read; augmented where there is a generator."""
        ...

    def on_device(self, raw: Raw, network_dtype: torch.dtype, device: torch.device) -> torch.Tensor:
        """What the network takes."""
        ...


@dataclass(frozen=True)
class ArrayInputs:
    """Inputs that are in memory as the network takes them."""

    values: Float[np.ndarray, n * shape]
    targets: Int[np.ndarray, " n"]

    def read(self, places: np.ndarray, generator: np.random.Generator | None) -> tuple[Raw, np.ndarray]:
        """The rows at some places."""
        return self.values[places], places

    def on_device(self, raw: Raw, network_dtype: torch.dtype, device: torch.device) -> torch.Tensor:
        """The rows in the network's type."""
        return torch.from_numpy(raw).to(device, network_dtype)


class Memory:
    """Bytes that may still be kept."""

    def __init__(self, size: int) -> None:
        self.free = size

    def take(self, size: int) -> bool:
        """Whether there was room."""
        if size > self.free:
            return False
        self.free -= size
        return True


@dataclass(frozen=True)
class Kept:
    """Arrays made from rows, each made once and kept as long as there is memory for it."""

    make: Callable[[int], np.ndarray | None]
    memory: Memory
    arrays: dict[int, np.ndarray | None] = field(default_factory=dict)

    def __call__(self, row: int) -> np.ndarray | None:
        """The array of a row; None where the row cannot be read."""
        if row in self.arrays:
            return self.arrays[row]
        array = self.make(row)
        if array is None or self.memory.take(array.nbytes):
            self.arrays[row] = array
        return array


class SampleInputs:
    """Samples as a network takes them; those that cannot be read are left out of their batches.

    Parameters
    ----------
    samples : Samples
        Images or float arrays.
    rows : int64 array
        Which samples, in the order of their places.
    targets : int64 array
        Their classes.
    preprocessing : Preprocessing or None
        How an image becomes an input; None for arrays.
    recipe : Recipe
        Whether to crop and flip.
    memory : Memory
        For decoded images.
    failures : dict
        Row -> why it cannot be read, filled in when this is found out.
    """

    def __init__(
        self,
        samples: Samples,
        rows: Int[np.ndarray, " n"],
        *,
        targets: Int[np.ndarray, " n"],
        preprocessing: Preprocessing | None,
        recipe: Recipe,
        memory: Memory,
        failures: dict[int, str],
    ) -> None:
        self.samples, self.rows, self.targets = samples, rows, targets
        self.preprocessing, self.crop, self.flip = preprocessing, recipe.crop, recipe.flip
        self.failures = failures
        self.centres = Kept(self._centre, memory)
        self.wholes = Kept(self._whole, memory)

    def read(self, places: np.ndarray, generator: np.random.Generator | None) -> tuple[Raw, np.ndarray]:
        """Inputs at some places, and the places that could be read; augmented where there is a generator."""
        crop = self.crop if generator is not None else None
        kept = self.centres if crop is None else self.wholes
        found = [(place, array) for place in places if (array := kept(int(self.rows[place]))) is not None]
        if not found:
            return np.empty((0,)), places[:0]
        arrays = [array for _, array in found]
        if crop is not None and generator is not None and self.preprocessing is not None:
            sizes = np.array([array.shape[1::-1] for array in arrays], float)
            boxes = crop_boxes(sizes, crop, generator)
            arrays = [cropped(array, box, self.preprocessing) for array, box in zip(arrays, boxes, strict=True)]
        raw = np.stack(arrays)
        if self.flip and generator is not None:
            raw = flipped(raw, generator)
        return raw, np.array([place for place, _ in found])

    def on_device(self, raw: Raw, network_dtype: torch.dtype, device: torch.device) -> torch.Tensor:
        """Images standardised, channels first."""
        values = torch.from_numpy(np.ascontiguousarray(raw)).to(device)
        if self.preprocessing is None:
            return values.to(network_dtype)
        mean, std = (
            torch.tensor(numbers, dtype=torch.float32, device=device)[:, None, None]
            for numbers in (self.preprocessing.mean, self.preprocessing.std)
        )
        return ((values.movedim(3, 1).float() / 255 - mean) / std).to(network_dtype).contiguous()

    def _centre(self, row: int) -> np.ndarray | None:
        return self._decoded(row, lambda preprocessing, image: preprocessing.pixels(image))

    def _whole(self, row: int) -> np.ndarray | None:
        def pixels(preprocessing: Preprocessing, image: Image.Image) -> np.ndarray:
            picture = preprocessing.picture(image)
            return np.asarray(picture).reshape(picture.height, picture.width, preprocessing.channels)

        return self._decoded(row, pixels)

    def _decoded(self, row: int, pixels: Callable[[Preprocessing, Image.Image], np.ndarray]) -> np.ndarray | None:
        try:
            sample = self.samples.source.read(row)
            if isinstance(sample, np.ndarray) and self.preprocessing is None:
                return sample
            if isinstance(sample, Image.Image) and self.preprocessing is not None:
                return pixels(self.preprocessing, sample)
        except UnreadableSample as error:
            self.failures[row] = str(error)
            return None
        except DataError as error:
            self.failures[row] = error.what
            return None
        raise DataError(
            f"Sample {self.samples.table['id'][row]} is of another kind than the first ones", "Pass images or arrays"
        )


def epoch_places(count: int, *, batch_size: int, seed: int, epoch: int) -> list[np.ndarray]:
    """The places of each batch of an epoch: every one once, in a random order, batches evened out."""
    order = np.random.default_rng((seed, epoch)).permutation(count)
    return np.array_split(order, -(-count // batch_size))


def training_batches(inputs: Inputs, recipe: Recipe, epoch: int, *, views: int, workers: int) -> Iterator[Batch]:
    """The batches of an epoch, augmented; they depend on nothing but inputs, recipe and epoch."""

    def assemble(step: int, places: np.ndarray) -> Batch:
        generator = np.random.default_rng((recipe.seed_augmentation, epoch, step))
        raws = []
        for _ in range(views):
            raw, places = inputs.read(places, generator)
            raws.append(raw)
        return Batch(tuple(raws), inputs.targets[places], places)

    plan = epoch_places(len(inputs.targets), batch_size=recipe.batch_size, seed=recipe.seed_order, epoch=epoch)
    return ahead((partial(assemble, step, places) for step, places in enumerate(plan)), workers=workers)


def evaluation_batches(inputs: Inputs, *, batch_size: int, workers: int) -> Iterator[Batch]:
    """Every input once, in order, as it is."""

    def assemble(places: np.ndarray) -> Batch:
        raw, places = inputs.read(places, None)
        return Batch((raw,), inputs.targets[places], places)

    every = np.arange(len(inputs.targets))
    plan = (every[start : start + batch_size] for start in range(0, len(every), batch_size))
    return ahead((partial(assemble, places) for places in plan), workers=workers)


def ahead(jobs: Iterable[Callable[[], Batch]], *, workers: int) -> Iterator[Batch]:
    """Results of jobs in order, a few of them made ahead by threads; batches of which nothing is left are dropped."""
    results = (job() for job in jobs) if workers == 0 else _by_threads(jobs, workers)
    return (batch for batch in results if len(batch.places))


def _by_threads(jobs: Iterable[Callable[[], Batch]], workers: int) -> Iterator[Batch]:
    with ThreadPoolExecutor(workers, thread_name_prefix="decode") as pool:
        waiting: deque[Future[Batch]] = deque()
        try:
            for job in jobs:
                waiting.append(pool.submit(job))
                if len(waiting) > workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
