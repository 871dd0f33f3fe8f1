"""What a training needs to go on with the same bits: every tensor that changes, and how far it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import safetensors.torch
import torch

from nucleate.errors import StorageError
from nucleate.models.checkpoint import apply_state
from nucleate.storage import commit, committed
from nucleate.training.loop import Training


def save_state(folder: Path, training: Training, *, epoch: int, fingerprint: str) -> None:
    """Write the state after an epoch, then take the earlier ones away.

    Raises
    ------
    StorageError
        When it cannot be written; the earlier state is intact.
    """
    tensors = {f"module.{name}": value for name, value in training.task.module.state_dict().items()}
    for index, values in training.optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": value for name, value in values.items() if value is not None}
    facts: dict[str, Any] = {"epoch": epoch, "scaler": training.scaler.state_dict()}
    if training.average is not None:
        tensors |= {f"average.{index}": value for index, value in enumerate(training.average.sums)}
        facts["averaged"] = training.average.steps
    data = safetensors.torch.save({name: value.detach().cpu().contiguous() for name, value in tensors.items()})
    record = folder / f"{epoch:06d}.json"
    commit(record, {f"{epoch:06d}.safetensors": data}, fingerprint=fingerprint, facts=facts)
    for other in set(folder.iterdir()) - {record, record.with_suffix(".safetensors")}:
        other.unlink()


def restore_state(folder: Path, training: Training, *, fingerprint: str) -> int | None:
    """Put a training back to its latest state; returns the epochs done, None when there is no state.

    Raises
    ------
    StorageError
        When a state that was vouched for is damaged.
    """
    for record in sorted(folder.glob("*.json"), reverse=True):
        found = committed(record, fingerprint)
        if found is not None:
            _restore(training, record.with_suffix(".safetensors"), found.facts)
            return int(found.facts["epoch"])
    return None


def _restore(training: Training, path: Path, facts: dict[str, Any]) -> None:
    try:
        tensors = safetensors.torch.load(path.read_bytes())
    except (OSError, safetensors.SafetensorError) as error:
        raise StorageError(f"{path} is damaged ({error})", f"Delete {path.parent} to train from the start") from error
    apply_state(training.task.module, _under("module.", tensors), name="the training", source=str(path))
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
