"""`nucleate export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter


def export(
    run: Path,
    /,
    *,
    to: Literal["parquet", "npy", "safetensors", "atlas", "csv"],
    layer: Annotated[str | None, Parameter(name=["--layer", "-l"])] = None,
    out: Annotated[Path | None, Parameter(name=["--out", "-o"])] = None,
) -> None:
    """Write one layer of a run, or its profile, in the format of other tools.

    Parameters
    ----------
    run
        Run folder.
    to
        parquet (samples, labels, clusters, overlaps, vectors), npy (the array alone), safetensors (with neighbours),
        atlas (for Embedding Atlas: plane, neighbours, images, labels, clusters), or csv (the profile of all layers).
    layer
        Which layer; not for csv.
    out
        The file; default in the run folder, under exports/.
    """
    from nucleate import pipeline

    print(pipeline.export(pipeline.Run(run), to=to, layer=layer, out=out).resolve())
