"""A real process, really killed, at random moments of a real job; the same command then ends with the same bytes.

`NUCLEATE_KILLS=50 python -m pytest tests/pipeline/test_sigkill.py` kills 50 times; by default it is a few.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from nucleate.pipeline import Run
from nucleate.pipeline.folder import RunFolder
from support.small_run import contents

KILLS = int(os.environ.get("NUCLEATE_KILLS", "2"))
PHASES = ("activations", "neighbors", "clusters", "profile.parquet", "manifest.json", "report.html")
"""What a run leaves, in the order in which it does."""

JOB = """
import sys
import numpy as np
from nucleate import data, models, pipeline, report

digits = data.digits()
images = np.stack([np.asarray(digits.source.read(row)) for row in range(len(digits))])
again = np.concatenate([images, 255 - images[:203]])
leaves = digits.labels("subclass").tolist()
samples = data.from_arrays(again, leaves + leaves[:203], hierarchy=digits.hierarchy, name="2,000 digits")
network = models.as_network(
    models.load("resnet-small", pretrained=False, num_classes=3),
    preprocessing=models.Preprocessing((8, 8), 1, (0.5,), (0.5,)),
)
print("started", flush=True)
options = {"k": 15, "layers": "layer*.2,output", "reporter": pipeline.Reporter(None)}
run = pipeline.probe(network, samples, out=sys.argv[1], **options)
report.report(run)
"""


def start(out: Path) -> subprocess.Popen[str]:
    """The job, up to the moment when its imports are done."""
    job = subprocess.Popen([sys.executable, "-c", JOB, str(out)], stdout=subprocess.PIPE, text=True)
    assert job.stdout is not None
    with job.stdout:
        assert job.stdout.readline() == "started\n"
    return job


def units(out: Path) -> dict[Path, int]:
    """Commit record of every finished unit of work -> when it was written."""
    return {path: path.stat().st_mtime_ns for path in RunFolder(out).records()}


def phase(out: Path) -> str:
    """The last thing that a killed run had begun, judging by what it left."""
    begun = [kind for kind in PHASES if any((out / kind).glob("*")) or (out / kind).is_file()]
    return begun[-1] if begun else "start"


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_killed_at_random_moments(tmp_path: Path) -> None:
    job = start(tmp_path / "whole")
    begun = time.monotonic()
    assert job.wait() == 0
    duration = time.monotonic() - begun
    whole = contents(tmp_path / "whole")
    moments = random.Random(0)
    killed: Counter[str] = Counter()
    for number in range(KILLS):
        out = tmp_path / f"killed-{number}"
        job = start(out)
        # One moment in each of so many equal parts of the run: early, late, and all between.
        time.sleep((number + moments.random()) / KILLS * duration)
        job.send_signal(signal.SIGKILL)
        if job.wait() != -signal.SIGKILL:
            continue  # it was done before
        killed[phase(out)] += 1
        committed = units(out)
        begun_blocks = {path.stem for path in (out / "activations").glob("*.safetensors")}
        finished_blocks = {path.stem for path in committed if path.parent.name == "activations"}
        assert len(begun_blocks - finished_blocks) <= 1  # at most this one is done again
        job = start(out)
        assert job.wait() == 0
        assert contents(out) == whole
        assert [path for path, at in committed.items() if path.stat().st_mtime_ns != at] == []
        assert Run(out).failed.is_empty()
        shutil.rmtree(out)
    print(f"killed: {dict(killed)}")
    assert killed
    if KILLS >= 20:
        assert killed.keys() >= {"activations", "neighbors", "clusters"}
        assert killed.keys() & {"profile.parquet", "manifest.json"}  # while the report was drawn
