"""What a training needs to go on with the same bits: every tensor that changes, how far it is, what it has found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import safetensors.torch
import torch

from nucleate.models import apply_state
from nucleate.storage import Commit, commit, committed, digest_bytes
from nucleate.training._loop import Training


def save_state(folder: Path, training: Training, *, epoch: int, fingerprint: str, found: dict[str, Any]) -> None:
    """Write the state after an epoch with what was found until then, then take the earlier ones away.

    Raises
    ------
    StorageError
        When it cannot be written; the earlier state is intact.
    """
    tensors = {f"module.{name}": value for name, value in training.task.module.state_dict().items()}
    for index, values in training.optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": value for name, value in values.items() if value is not None}
    facts: dict[str, Any] = {"epoch": epoch, "found": found, "scaler": training.scaler.state_dict()}
    if training.average is not None:
        tensors |= {f"average.{index}": value for index, value in enumerate(training.average.sums)}
        facts["averaged"] = training.average.steps
    data = safetensors.torch.save({name: value.detach().cpu().contiguous() for name, value in tensors.items()})
    record = folder / f"{epoch:06d}.json"
    commit(record, {f"{epoch:06d}.safetensors": data}, fingerprint=fingerprint, facts=facts)
    for other in set(folder.iterdir()) - {record, record.with_suffix(".safetensors")}:
        other.unlink()


def restore_state(
    folder: Path, training: Training, *, fingerprint: str, is_whole: Callable[[int], bool]
) -> tuple[int, dict[str, Any]] | None:
    """Put a training back to its latest state; returns the epochs done and what was found until then.

    Every byte is hashed: a damaged state is passed over, so is one after which `is_whole` says of its epoch that what
    was saved until then is not all there. None, with the training untouched, when no state is left.
    """
    for record in sorted(folder.glob("*.json"), reverse=True):
        done, path = committed(record, fingerprint), record.with_suffix(".safetensors")
        data = None if done is None else _vouched(path, done)
        if done is not None and data is not None and is_whole(int(done.facts["epoch"])):
            _restore(training, data, done.facts, source=str(path))
            return int(done.facts["epoch"]), done.facts["found"]
    return None


def _vouched(path: Path, done: Commit) -> bytes | None:
    """The bytes of a file if they are those that its record vouches for."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    return data if digest_bytes(data) == done.files[path.name]["sha256"] else None


def _restore(training: Training, data: bytes, facts: dict[str, Any], *, source: str) -> None:
    tensors = safetensors.torch.load(data)
    apply_state(training.task.module, _under("module.", tensors), name="the training", source=source)
    moments: dict[int, dict[str, torch.Tensor]] = {}
    for key, value in _under("optimizer.", tensors).items():
        place, name = key.split(".", 1)
        moments.setdefault(int(place), {})[name] = value
    groups = training.optimizer.state_dict()["param_groups"]
    training.optimizer.load_state_dict({"state": moments, "param_groups": groups})
    training.scaler.load_state_dict(facts["scaler"])
    if training.average is not None:
        training.average.steps = facts["averaged"]
        for index, total in enumerate(training.average.sums):
            total.copy_(tensors[f"average.{index}"])


def _under(prefix: str, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
