"""Samples from a folder of images: nested folders are label levels."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from nucleate.data._columns import SPLITS
from nucleate.data._decoding import UnreadableImage, decode_image
from nucleate.data._media import refuse_media
from nucleate.data._samples import Samples, sample_table
from nucleate.errors import DataError, StorageError
from nucleate.labels import Hierarchy

IMAGE_SUFFIXES = frozenset(
    f".{kind}"
    for kind in (
        *("jpg", "jpeg", "jpe", "jfif", "png", "bmp", "gif", "webp", "tif", "tiff"),
        *("ppm", "pgm", "pbm", "pnm", "tga", "jp2", "avif", "ico"),
    )
)


PASSING = (errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ESTALE)
"""Failures of the machine, not of a file."""


@dataclass(frozen=True)
class ImageFiles:
    """Reads images below a root folder."""

    root: Path
    paths: tuple[str, ...]
    sha256: tuple[str, ...]

    def read(self, row: int) -> Image.Image:
        """Decode the image of a row.

        Raises
        ------
        UnreadableImage
            When the file is damaged, missing or forbidden.
        StorageError
            When the disk fails, which says nothing about the file.
        DataError
            When the file is no longer what it was when the samples were listed.
        """
        if not self.paths[row]:
            raise UnreadableImage("its path is missing")
        path = self.root / self.paths[row]
        try:
            data = path.read_bytes()
        except OSError as error:
            if error.errno in PASSING:
                raise StorageError(f"Could not read {path}: {error.strerror}", "Run the same command again") from error
            raise UnreadableImage(f"cannot be opened: {error.strerror or error}") from error
        if hashlib.sha256(data).hexdigest() != self.sha256[row]:
            raise DataError(f"{path} changed after it was listed", "Leave the files alone and run again")
        return decode_image(data)


def from_folder(
    root: str | Path, *, hierarchy: Hierarchy | None = None, levels: Sequence[str] | None = None
) -> Samples:
    """Samples from a folder of images.

    Three layouts are understood:

    - nested folders, each depth one label level: `animal/dog/beagle/001.jpg`;
    - flat folders named by a hierarchy's leaves, such as ImageNet's WordNet ids, with `hierarchy` given; folders that
      the hierarchy does not know are left out;
    - images without folders: unlabelled samples.

    When every top folder is a split (`train`, `val`, `validation`, `test`, ...), it gives the split, not a label;
    otherwise all samples form the split `all`. Hidden files and folders are ignored. Rows follow the sorted paths.
    Every file is read once, to take its sha256.

    Parameters
    ----------
    root : path
        The folder.
    hierarchy : Hierarchy, optional
        Leaves are folder names; without it the nested folders are the hierarchy.
    levels : sequence of str, optional
        Names of the label levels that nested folders form.

    Raises
    ------
    DataError
        When the folder is missing or holds no images, a class folder is empty, or images lie at different depths.
    HierarchyError
        When the folders do not form a tree of classes.
    """
    root = Path(root)
    if not root.is_dir():
        state = "is a file" if root.exists() else "does not exist"
        raise DataError(f"The image folder {root} {state}", "Give a folder that holds images")
    splits = _split_folders(root)
    found = {split: _images(folder) for split, folder in splits.items()}
    pairs = [(split, path) for split, paths in found.items() for path in paths]
    if not pairs:
        _refuse_other_kinds(root)
        raise DataError(f"{root} holds no images", f"Image files end in {', '.join(sorted(IMAGE_SUFFIXES)[:6])}, ...")

    leaves: list[str] | None = None
    if hierarchy is not None:
        known = set(hierarchy.leaves)
        pairs = [(split, path) for split, path in pairs if path.parent.name in known]
        if not pairs:
            raise DataError(
                f"No folder under {root} is named by a leaf of {hierarchy}",
                f"Folders should be called {', '.join(hierarchy.leaves[:3])}, ...",
            )
        leaves = [path.parent.name for _, path in pairs]
    else:
        labels = [path.relative_to(splits[split]).parent.as_posix() for split, path in pairs]
        if any(label != "." for label in labels):
            _refuse_mixed_depths(root, pairs, splits)
            _refuse_empty_classes(splits)
            hierarchy = Hierarchy.from_paths(labels, levels=levels)
            leaves = [label.rpartition("/")[2] for label in labels]

    names = [path.relative_to(root).as_posix() for _, path in pairs]
    with ThreadPoolExecutor() as pool:
        digests = list(pool.map(file_digest, [path for _, path in pairs]))
    table = sample_table(
        names, digests, splits=[split for split, _ in pairs], hierarchy=hierarchy, leaves=leaves, paths=names
    )
    return Samples(
        table=table,
        source=ImageFiles(root, tuple(names), tuple(digests)),
        hierarchy=hierarchy,
        name=root.resolve().name,
    )


def _refuse_other_kinds(root: Path) -> None:
    """Refuse a folder without images, where what it holds instead is known."""
    names = sorted((here / name).relative_to(root).as_posix() for here, _, found in _walk(root) for name in found)
    refuse_media(names, str(root))
    if any(name.endswith((".parquet", ".arrow")) for name in names):
        raise DataError(
            f"{root} holds no images, but tables such as {names[0]}",
            f"Read it as a data set with hf:{root}, or name one table",
        )


def _split_folders(root: Path) -> dict[str, Path]:
    folders = sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))
    names = [SPLITS.get(path.name.lower()) for path in folders]
    if folders and all(names):
        if len(set(names)) != len(names):
            raise DataError(f"{root} holds two folders for one split", f"They are {', '.join(p.name for p in folders)}")
        return {str(name): path for name, path in zip(names, folders, strict=True)}
    return {"all": root}


def _images(folder: Path) -> list[Path]:
    files = [
        here / name
        for here, _, names in _walk(folder)
        for name in names
        if Path(name).suffix.lower() in IMAGE_SUFFIXES and not name.startswith(".")
    ]
    return sorted(files, key=lambda path: path.relative_to(folder).as_posix())


def _walk(folder: Path) -> Iterator[tuple[Path, list[str], list[str]]]:
    """Folders, their sub-folders and files; links are followed, but never back into a folder above."""
    for here, folders, names in os.walk(folder, followlinks=True):
        above = {os.path.realpath(parent) for parent in (Path(here), *Path(here).parents)}
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and os.path.realpath(Path(here, name)) not in above
        )
        for name in names:
            if any("\udc80" <= letter <= "\udcff" for letter in name):
                raise DataError(f"A file in {here} has a name that is not UTF-8: {name!a}", "Rename it")
        yield Path(here), folders, names


def _refuse_mixed_depths(root: Path, pairs: list[tuple[str, Path]], splits: dict[str, Path]) -> None:
    depths: dict[int, Path] = {}
    for split, path in pairs:
        depths.setdefault(len(path.relative_to(splits[split]).parts), path)
    if len(depths) > 1:
        shallow, deep = depths[min(depths)].relative_to(root), depths[max(depths)].relative_to(root)
        raise DataError(
            f"Images lie at different depths: {shallow.as_posix()} and {deep.as_posix()}",
            "Put every image under the same number of class folders",
        )


def _refuse_empty_classes(splits: dict[str, Path]) -> None:
    for folder in splits.values():
        for here, folders, _ in _walk(folder):
            for path in (here / name for name in folders):
                if not _images(path):
                    raise DataError(f"The class folder {path} holds no images", "Add images or remove the folder")


def file_digest(path: Path) -> str:
    """The sha256 of a file; empty when it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""  # the reason is found, and reported, when the row is read
