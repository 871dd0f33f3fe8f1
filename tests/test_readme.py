"""What the README shows, runs."""

import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from nucleate.cli._app import app

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the README takes for granted: photos, a network, a matrix of activations."""
    generator = np.random.default_rng(0)
    for parent, leaf in (("animal", "dog"), ("animal", "cat"), ("thing", "cup"), ("thing", "box")):
        (tmp_path / "photos" / parent / leaf).mkdir(parents=True)
        for place in range(9):
            pixels = generator.integers(0, 255, (20, 20, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "photos" / parent / leaf / f"{place}.jpg")
    monkeypatch.chdir(tmp_path)

    class Small(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            block = nn.Sequential(nn.Conv2d(3, 4, 3, stride=16), nn.ReLU())
            self.layer4 = nn.Sequential(block, nn.Conv2d(4, 8, 3, stride=4))
            self.head = nn.Linear(8, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.head(self.layer4(x).mean((2, 3)))

    X = generator.normal(size=(60, 5))
    return {"module": Small(), "X": X, "labels": generator.integers(0, 3, 60)}


def test_the_python_examples_run(world: dict[str, Any]) -> None:
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        exec(block, world)
    assert Path("runs/mine/report.html").exists()


def test_the_commands_exist_with_the_flags_shown() -> None:
    commands = re.findall(r"^    nucleate (.*?)(?:  .*)?$", README.replace("\\\n       ", ""), re.MULTILINE)
    assert len(commands) >= 4
    for command in commands:
        function, bound, _ = app.parse_args(shlex.split(command), exit_on_error=False, print_error=False)
        assert function.__name__.rstrip("_") in shlex.split(command)[:2]  # a command, or one of a group
        assert bound.arguments
