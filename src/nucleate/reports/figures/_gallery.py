"""The samples of each cluster, as strips of thumbnails or lists of texts."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import polars as pl
from markupsafe import Markup

from nucleate.pipeline import Run
from nucleate.reports.content import smallest_factor

PER_CLUSTER = 16
TEXTS_PER_CLUSTER = 6
PICTURES = 2400
MARKUP_BYTES = 300  # of one thumbnail beside its picture
SIGNATURES = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg"}


@dataclass(frozen=True)
class Thumbnail:
    """One shown sample.

    Attributes
    ----------
    row : int
    id, label : str
        Its name and true subclass.
    differs : bool
        Whether it is not of the cluster's most frequent subclass.
    picture : Markup
        A data URI; empty before pictures are read.
    text : str
        The beginning of a sample that is a text.
    tiny : bool
        Whether it has so few pixels that they are shown as squares.
    """

    row: int
    id: str
    label: str
    differs: bool
    picture: Markup = field(default=Markup(""), repr=False)
    tiny: bool = False
    text: str = ""


@dataclass(frozen=True)
class Cluster:
    """One cluster of a superclass.

    Attributes
    ----------
    number : int
        From 1, in the order shown.
    size : int
    labels : tuple of (str, int)
        Subclasses and how many samples they have in it, most frequent first.
    shown : tuple of Thumbnail
    """

    number: int
    size: int
    labels: tuple[tuple[str, int], ...]
    shown: tuple[Thumbnail, ...]

    @property
    def majority(self) -> str:
        """Its most frequent subclass."""
        return self.labels[0][0]

    @property
    def purity(self) -> float:
        """The share of its most frequent subclass."""
        return self.labels[0][1] / self.size


@dataclass(frozen=True)
class GroupGallery:
    """The clusters of one superclass.

    Attributes
    ----------
    name : str
    clusters : tuple of Cluster
    without_cluster : tuple of str
        Subclasses that are the most frequent one of no cluster.
    """

    name: str
    clusters: tuple[Cluster, ...]
    without_cluster: tuple[str, ...]


@dataclass(frozen=True)
class LayerGallery:
    """The clusters of superclasses at one layer."""

    layer: str
    groups: tuple[GroupGallery, ...]


def galleries(run: Run, layer: str, groups: Sequence[str], *, budget: int) -> list[GroupGallery]:
    """The clusters of superclasses at one layer, at the smallest overclustering factor.

    Which samples are shown follows from the rows alone: a cluster's members are ordered by how frequent their subclass
    is in it, then by row, and evenly spaced ones are taken, so that a strip has the cluster's make-up. Strips get
    shorter until all pictures fit.

    Parameters
    ----------
    run : Run
    layer : str
    groups : sequence of str
        Superclasses, in the order shown.
    budget : int
        Bytes that all pictures may take in the page.
    """
    table = run.clusters(layer).select("row", "group", cluster=f"factor_{smallest_factor(run)}")
    labels = run.samples[table["row"].to_list()].select("id", label=run.about["request"]["recover"])
    table = table.hstack(labels).filter(pl.col("cluster") >= 0)
    parts = table.partition_by("group", as_dict=True)
    frames = {group: parts[(group,)] for group in groups if (group,) in parts}
    clusters = sum(frame["cluster"].n_unique() for frame in frames.values())
    length = min(PER_CLUSTER, max(1, PICTURES // max(1, clusters)))
    return fitted(
        run, lambda most: [_group(name, frame, most) for name, frame in frames.items()], length, budget=budget
    )


def fitted(run: Run, make: Callable[[int], list[GroupGallery]], length: int, *, budget: int) -> list[GroupGallery]:
    """Galleries with their pictures; `make` is asked for ever shorter strips, from `length` on, until all fit.

    Texts are short enough to fit anyway.
    """
    texts = excerpts(run)
    if texts:
        return [_with_texts(group, texts) for group in make(min(length, TEXTS_PER_CLUSTER))]
    while True:
        found = make(length)
        uris = pictures(run, [shown.row for group in found for one in group.clusters for shown in one.shown])
        size = sum(len(uri) + MARKUP_BYTES for uri in uris.values())
        if size <= budget:
            return [_with_pictures(group, uris) for group in found]
        if not uris:
            return found
        length = min(length - 1, length * budget // size)


def evenly(members: Sequence[int], length: int) -> list[int]:
    """At most `length` evenly spaced members.

    Examples
    --------
    >>> evenly([10, 11, 12, 13, 14, 15], 3)
    [10, 12, 14]
    """
    if len(members) <= length:
        return list(members)
    return [members[step * len(members) // length] for step in range(length)]


def _group(name: str, frame: pl.DataFrame, length: int) -> GroupGallery:
    parts = [part for _, part in sorted(frame.partition_by("cluster", as_dict=True).items())]
    # Clusters of one subclass stand together, larger ones first.
    parts.sort(key=lambda part: (_counts(part)[0][0], -part.height))
    clusters = tuple(strip(number, part, length) for number, part in enumerate(parts, 1))
    majorities = {cluster.majority for cluster in clusters}
    without_cluster = sorted(set(frame["label"].to_list()) - majorities)
    return GroupGallery(name, clusters, tuple(without_cluster))


def _counts(part: pl.DataFrame) -> tuple[tuple[str, int], ...]:
    counts = Counter(part["label"].to_list())
    return tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def strip(number: int, part: pl.DataFrame, length: int) -> Cluster:
    """A cluster of the samples in a table with the columns `row`, `id` and `label`; at most `length` are shown."""
    labels = _counts(part)
    rank = {label: place for place, (label, _) in enumerate(labels)}
    rows = sorted(part.select("row", "id", "label").rows(), key=lambda row: (rank[row[2]], row[0]))
    chosen = [rows[place] for place in evenly(range(len(rows)), length)]
    shown = tuple(Thumbnail(row, str(name), label, differs=label != labels[0][0]) for row, name, label in chosen)
    return Cluster(number, part.height, labels, shown)


def pictures(run: Run, rows: list[int]) -> dict[int, Markup]:
    """Row -> data URI, of files that are pictures."""
    if not rows or not any(run.folder.thumbnails.glob("*.parquet")):
        return {}
    uris = {}
    for row, data in run.thumbnails(rows).items():
        kind = next((kind for start, kind in SIGNATURES.items() if data.startswith(start)), None)
        if kind is not None:
            # Base 64 holds no character that means anything in HTML.
            uris[row] = Markup(f"data:image/{kind};base64,{base64.b64encode(data).decode()}")
    return uris


def excerpts(run: Run) -> dict[int, str]:
    """Row -> beginning of its text; empty where samples are no texts."""
    if "text" not in run.samples.columns:
        return {}
    return dict(run.samples.select("row", "text").drop_nulls().iter_rows())


def is_tiny(picture: Markup) -> bool:
    """Whether a picture has so few pixels that they are shown as squares: those are kept without loss."""
    return picture.startswith("data:image/png")


def _with_pictures(group: GroupGallery, pictures: dict[int, Markup]) -> GroupGallery:
    clusters = tuple(
        replace(
            cluster,
            shown=tuple(
                replace(shown, picture=pictures[shown.row], tiny=is_tiny(pictures[shown.row]))
                for shown in cluster.shown
                if shown.row in pictures
            ),
        )
        for cluster in group.clusters
    )
    return replace(group, clusters=clusters)


def _with_texts(group: GroupGallery, texts: dict[int, str]) -> GroupGallery:
    clusters = tuple(
        replace(cluster, shown=tuple(replace(shown, text=texts.get(shown.row, "")) for shown in cluster.shown))
        for cluster in group.clusters
    )
    return replace(group, clusters=clusters)
