"""The run folder: where each file lives, and whether the folder belongs to this request."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from nucleate.activations import Layer
from nucleate.data import Samples
from nucleate.errors import NoRunError, RunFolderError
from nucleate.models import Network
from nucleate.storage import TEMPORARY_SUFFIX, digest, read_commit
from nucleate.suggestions import did_you_mean

RESULTS = (
    "activations", "cka", "clusters", "digests", "distances", "entropies", "linear_probes", "mutual_knn", "neighbors",
    "overlaps", "peaks", "scale_profiles", "subsamples", "thumbnails",
)  # fmt: skip
"""Folders of results; each unit of work leaves its commit record in one of them."""

_UNSAFE = re.compile(r"[^A-Za-z0-9.@_-]+")


@dataclass(frozen=True)
class RunFolder:
    """Paths inside a run folder."""

    root: Path

    @property
    def request(self) -> Path:
        """The request as resolved."""
        return self.root / "run.json"

    @property
    def samples(self) -> Path:
        """The sample table."""
        return self.root / "samples.parquet"

    @property
    def layers(self) -> Path:
        """The layer table."""
        return self.root / "layers.parquet"

    @property
    def profile(self) -> Path:
        """Every measure at every layer."""
        return self.root / "profile.parquet"

    @property
    def manifest(self) -> Path:
        """The commit record of the tables above; there when the run is finished."""
        return self.root / "manifest.json"

    @property
    def report(self) -> Path:
        """The report."""
        return self.root / "report.html"

    @property
    def log(self) -> Path:
        """What happened when: the only file that differs between two equal runs."""
        return self.root / "log.jsonl"

    @property
    def activations(self) -> Path:
        """Blocks of rows of all layers."""
        return self.root / "activations"

    @property
    def scratch(self) -> Path:
        """Rows of layers that are not kept, while they are analysed; empty when a run is finished."""
        return self.root / "scratch"

    @property
    def thumbnails(self) -> Path:
        """Small pictures of samples."""
        return self.root / "thumbnails"

    def of_layer(self, kind: str, layer: Layer, part: str = "") -> Path:
        """The commit record of one kind of result for one layer, or of a part of it; its files share the stem."""
        safe = _UNSAFE.sub("_", layer.name)[:80]
        # Two names may become one when their unsafe characters go.
        mark = "" if safe == layer.name else f"-{digest(layer.name)[:8]}"
        return self.root / kind / f"{layer.order:03d}-{safe}{mark}{part and '@'}{part}.json"

    @property
    def report_record(self) -> Path:
        """The commit record of the report."""
        return self.root / "report.json"

    def records(self) -> list[Path]:
        """Every commit record of a unit of work, sorted; what else lies in the folder is not ours."""
        found = [path for name in RESULTS for path in (self.root / name).glob("*.json")]
        return sorted([*found, *self.scratch.glob("*/*.json")])

    def read_request(self) -> dict[str, Any] | None:
        """The content of run.json, from the manifest where run.json is damaged; None when there is no run.

        Raises
        ------
        RunFolderError
            When the folder holds other things.
        """
        manifest = read_commit(self.manifest)
        # The manifest goes before run.json changes, so where both are there a difference is damage.
        if manifest is not None and "request" in manifest.facts:
            return dict(manifest.facts["request"])
        try:
            content = json.loads(self.request.read_bytes())
            if isinstance(content, dict):
                return content
        except (OSError, ValueError):
            pass
        # What a process leaves that dies before it has written its request, or what is left of a damaged run.
        own = {self.log.name, self.report.name, self.report_record.name, ".lock", "exports", *RESULTS}
        tables = (self.request, self.samples, self.layers, self.profile, self.manifest)
        own |= {path.name for path in (*tables, self.scratch)}
        foreign = sorted(path.name for path in self.root.iterdir()) if self.root.is_dir() else []
        foreign = [name for name in foreign if name not in own and not name.endswith(TEMPORARY_SUFFIX)]
        if foreign:
            raise RunFolderError(
                f"{self.root} is not empty and not a run folder (it holds {foreign[0]!r})",
                "Choose a new or empty output folder",
            )
        return None


def refuse_single_run(root: Path) -> None:
    """Refuse a folder that is a run's own where a folder of runs is meant.

    Raises
    ------
    RunFolderError
        When there is a run in the folder.
    """
    if RunFolder(root).request.exists():
        raise RunFolderError(f"{root} is the run folder of one probe", "Choose another output folder with --out")


def refuse_no_run(root: Path) -> None:
    """Refuse a folder in which there is no run.

    Raises
    ------
    NoRunError
        With the names of runs beside it, where one may have been meant.
    """
    folder = RunFolder(root)
    if (root / "train.json").is_file():
        raise NoRunError(f"{root} is a training run", f"Probe its checkpoints: nucleate probe --checkpoints {root}")
    if folder.request.is_file() or folder.manifest.is_file():
        return
    what = f"{root} is not a run folder" if root.exists() else f"The run folder {root} does not exist"
    beside = root if root.is_dir() else root.parent
    try:
        runs = sorted(path.as_posix() for path in beside.iterdir() if (path / folder.request.name).is_file())
    except OSError:
        runs = []
    mend = did_you_mean(root.as_posix(), runs) if runs else "Make one with: nucleate probe --out FOLDER"
    raise NoRunError(what, mend)


def identity(network: Network, samples: Samples) -> dict[str, Any]:
    """What a run folder is about; a folder of another identity is refused."""
    return {
        "network": {
            "name": network.name,
            "fingerprint": network.fingerprint,
            "preprocessing": str(network.preprocessing) if network.preprocessing else None,
            "parameters": sum(parameter.numel() for parameter in network.module.parameters()),
            **({"notes": list(network.notes)} if network.notes else {}),
        },
        "samples": {"name": samples.name, "fingerprint": samples.fingerprint, "count": len(samples)},
    }


def refuse_other_identity(folder: RunFolder, found: dict[str, Any], asked: dict[str, Any], samples: Samples) -> None:
    """Refuse a run folder of other samples or another network, with the list of differences.

    Raises
    ------
    RunFolderError
        Naming each difference.
    """
    differences = []
    before, now = found.get("network", {}), asked["network"]
    if before.get("fingerprint") != now["fingerprint"]:
        if before.get("name") != now["name"]:
            differences.append(f"the network is {now['name']}, there {before.get('name')}")
        elif before.get("preprocessing") != now["preprocessing"]:
            differences.append(f"preprocessing is {now['preprocessing']}, there {before.get('preprocessing')}")
        else:
            differences.append(f"{now['name']} has other weights or code")
    if found.get("samples", {}).get("fingerprint") != asked["samples"]["fingerprint"]:
        differences.append(_sample_difference(folder, samples))
    if differences:
        raise RunFolderError(
            f"{folder.root} holds another run: {'; '.join(differences)}", "Choose another output folder with --out"
        )


def _sample_difference(folder: RunFolder, samples: Samples) -> str:
    try:
        before = pl.read_parquet(folder.samples)
    except (OSError, pl.exceptions.PolarsError):
        return "the samples differ"
    known = dict(before.select("id", "sha256").iter_rows())
    asked = dict(samples.table.select("id", "sha256").iter_rows())
    parts = {
        "added": [name for name in asked if name not in known],
        "missing": [name for name in known if name not in asked],
        "changed": [name for name in asked if name in known and known[name] != asked[name]],
    }
    told = [f"{len(names)} {what} (first {names[0]})" for what, names in parts.items() if names]
    return "samples: " + (", ".join(told) if told else "labels, splits or order differ")
