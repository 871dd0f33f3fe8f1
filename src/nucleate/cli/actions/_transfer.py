"""What `nucleate transfer` loads: several networks, each under a name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from nucleate import models
from nucleate.errors import UsageError
from nucleate.models import Network

NAMED = re.compile(r"(?P<name>[^/\\:=]+)=(?P<spec>.+)")


def load_networks(specs: Sequence[str], *, random_weights: bool) -> dict[str, Network]:
    """Name -> network of every --model, in their order.

    Raises
    ------
    UsageError
        When a name is given twice.
    ModelError
        When a network cannot be loaded.
    """
    found: dict[str, Network] = {}
    for text in specs:
        name, spec = named(text)
        if name in found:
            raise UsageError(f"Two networks are called {name!r}", f"Name them: --model NAME={spec}")
        found[name] = models.load(checkpoint_of(spec), pretrained=not random_weights)
    return found


def named(text: str) -> tuple[str, str]:
    """The name and the network of NAME=MODEL, or of a model alone.

    Examples
    --------
    >>> named("natural=runs/natural")
    ('natural', 'runs/natural')
    >>> named("runs/natural/checkpoints/epoch-000020.safetensors")
    ('runs/natural/epoch-000020', 'runs/natural/checkpoints/epoch-000020.safetensors')
    """
    match = NAMED.fullmatch(text)
    if match:
        return match["name"].strip(), match["spec"]
    path = text.rstrip("/").removesuffix(".safetensors")
    return path.replace("/checkpoints/", "/"), text


def checkpoint_of(spec: str) -> str:
    """What `models.load` reads: of a training run its last checkpoint, else what was named.

    Raises
    ------
    UsageError
        When a training run has no checkpoint.
    """
    if not (Path(spec) / "train.json").is_file():
        return spec
    from nucleate.training import TrainingRun

    checkpoints = TrainingRun(Path(spec)).checkpoints
    if not checkpoints:
        raise UsageError(f"The training run {spec} has no checkpoint yet", "Let it run, or name another")
    return str(checkpoints[-1][1])
