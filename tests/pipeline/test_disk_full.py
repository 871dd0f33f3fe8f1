"""A disk that is full in the middle of a run: said, never passed over; with space again, the same bytes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

SUPPORT = Path(__file__).parents[1]
DRIVER = SUPPORT / "support" / "full_disk.py"
OWN_FILE_SYSTEM = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
MOUNT = 'mount -t tmpfs -o size=16m tmpfs "$0" && '

NETWORK = """
from torch import nn
from nucleate.models import Preprocessing, as_network

def make():
    module = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3))
    return as_network(module, preprocessing=Preprocessing((8, 8), 1, (0.5,), (0.5,)))
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "my_network.py").write_text(NETWORK)
    generator = np.random.default_rng(0)
    for number in range(24):
        path = tmp_path / "photos" / "ab"[number % 2] / "pqrs"[number % 4] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(generator.integers(0, 255, (9, 9), np.uint8)).save(path)
    (tmp_path / "disk").mkdir()
    return tmp_path


def can_mount(folder: Path) -> bool:
    try:
        tried = subprocess.run([*OWN_FILE_SYSTEM, f"{MOUNT} true", str(folder)], capture_output=True, check=False)
    except OSError:
        return False
    return tried.returncode == 0


@pytest.mark.parametrize("kind", ["tmpfs", "double"])
def test_a_disk_that_fills_up_at_every_tenth_write(place: Path, kind: str) -> None:
    disk = place / "disk"
    command = [sys.executable, str(DRIVER), str(disk), kind]
    if kind == "tmpfs":
        if not can_mount(disk):
            pytest.skip("cannot mount a file system here; its double is tested all the same")
        command = [*OWN_FILE_SYSTEM, f'{MOUNT} exec "$@"', str(disk), *command]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(SUPPORT), os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr  # negative: died by a signal
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == -(-answers[0]["of"] // 10) >= 3
    for answer in answers:
        assert answer["code"] == 1, answer
        assert "No space left on device. Free some disk space and run the same command again" in answer["told"]
        assert answer["told"].count("\n") == 1, answer
        assert (answer["again"], answer["same"]) == (0, True), answer
