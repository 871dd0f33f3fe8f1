"""What a study came to, in files: its verdicts, pictures and their tables."""

from __future__ import annotations

import io
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from nucleate._version import __version__
from nucleate.errors import RunFolderError
from nucleate.storage import commit, digest, encode_json, encode_parquet, read_commit
from nucleate.studies.claims import Finding
from nucleate.studies.declare import Scale
from nucleate.studies.figures import Picture


@dataclass(frozen=True)
class Outcome:
    """The verdicts and pictures of one study in one setting.

    Attributes
    ----------
    study, setting : str
        The study's id and the setting's name.
    scale : {"small", "paper"}
    claims : tuple of (str, Finding)
        What the paper says, and what we found.
    pictures : tuple of Picture
    works : tuple of str
        Folders of the trainings and probes it rests on, relative to the studies' folder.
    """

    study: str
    setting: str
    scale: Scale
    claims: tuple[tuple[str, Finding], ...]
    pictures: tuple[Picture, ...]
    works: tuple[str, ...]


def record_of(root: Path, study: str, scale: Scale, setting: str) -> Path:
    """Where an outcome's record lies."""
    return root / "outcomes" / study / f"{scale}-{setting}" / "outcome.json"


def save(outcome: Outcome, root: Path) -> Path:
    """Write an outcome: `verdicts.json`, and of each picture the markup and the table."""
    content = {
        "study": outcome.study, "setting": outcome.setting, "scale": outcome.scale, "works": list(outcome.works),
        "claims": [{"text": text, "finding": asdict(finding)} for text, finding in outcome.claims],
        "captions": [picture.caption for picture in outcome.pictures], "version": __version__,
    }  # fmt: skip
    files = {"verdicts.json": encode_json(content)}
    for number, picture in enumerate(outcome.pictures, 1):
        files[f"figure-{number}.html"] = picture.markup.encode()
        files[f"figure-{number}.parquet"] = encode_parquet(picture.table)
    record = record_of(root, outcome.study, outcome.scale, outcome.setting)
    commit(record, files, fingerprint=digest(content))
    return record


def read(record: Path) -> Outcome:
    """Read an outcome back.

    Raises
    ------
    RunFolderError
        When it is damaged.
    """
    folder = record.parent
    if read_commit(record) is None:
        raise RunFolderError(f"{record} is damaged", f"Run the study again: nucleate study run {folder.parent.name}")
    content: dict[str, Any] = json.loads((folder / "verdicts.json").read_bytes())
    pictures = tuple(
        Picture(
            caption,
            (folder / f"figure-{number}.html").read_text("utf-8"),
            pl.read_parquet(io.BytesIO((folder / f"figure-{number}.parquet").read_bytes())),
        )
        for number, caption in enumerate(content["captions"], 1)
    )
    claims = tuple((claim["text"], _finding(claim["finding"])) for claim in content["claims"])
    return Outcome(content["study"], content["setting"], content["scale"], claims, pictures, tuple(content["works"]))


def _finding(content: dict[str, Any]) -> Finding:
    return Finding(**{**content, "parts": tuple(_finding(part) for part in content["parts"])})


def outcomes(root: Path) -> list[Outcome]:
    """Every outcome in a studies' folder, by study, scale and setting."""
    return [read(record) for record in sorted((root / "outcomes").glob("*/*/outcome.json"))]
