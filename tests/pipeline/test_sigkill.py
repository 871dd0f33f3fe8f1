"""A real process, really killed, at random moments of a real job; the same command then ends with the same bytes.

`NUCLEATE_KILLS=50 python -m pytest -s tests/pipeline/test_sigkill.py` kills 50 times, in turn while activations are
extracted, neighbours searched, clusters formed and the report drawn; by default it is a few.
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
from nucleate.pipeline.folder._paths import RunFolder
from support.small_run import contents

KILLS = int(os.environ.get("NUCLEATE_KILLS", "2"))
PHASES = {
    "extraction": ("activations/*.json", "run.json", 1),
    "clusters": ("*/*.json", "neighbors/*.json", 4),
    "report": ("report.html", "manifest.json", 1),
    "neighbours": ("neighbors/*.json", "activations/*.json", 4),
}
"""What a part of the run leaves, and which files, and how many, say that it has begun."""

JOB = """
import sys
import numpy as np
from nucleate import data, models, pipeline, reports

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
reports.report(run)
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


def has_begun(out: Path, phase: str) -> bool:
    """Whether a run has reached a part of its work."""
    _, files, count = PHASES[phase]
    return len(list(out.glob(files))) >= count


def seconds_of(out: Path, phase: str) -> float:
    """How long a part of a finished run took, by the times of its files."""
    made, before, _ = PHASES[phase]
    last, first = (max(path.stat().st_mtime for path in out.glob(files)) for files in (made, before))
    return last - first


def kill_in(job: subprocess.Popen[str], out: Path, phase: str, delay: float) -> bool:
    """Kill a job some time after a part of its work has begun; False when it was done by then."""
    while not has_begun(out, phase) and job.poll() is None:
        time.sleep(0.001)
    time.sleep(delay)
    job.send_signal(signal.SIGKILL)
    return job.wait() == -signal.SIGKILL


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_killed_at_random_moments(tmp_path: Path) -> None:
    job = start(tmp_path / "whole")
    assert job.wait() == 0
    whole = contents(tmp_path / "whole")
    seconds = {phase: seconds_of(tmp_path / "whole", phase) for phase in PHASES}
    moments = random.Random(0)
    killed: Counter[str] = Counter()
    for number in range(KILLS):
        phase = [*PHASES][number % len(PHASES)]
        out = tmp_path / f"killed-{number}"
        while not kill_in(start(out), out, phase, moments.uniform(0, seconds[phase])):
            shutil.rmtree(out)  # it was quicker than the first
            seconds[phase] *= 0.8
        killed[phase] += 1
        committed = units(out)
        begun_blocks = {path.stem for path in (out / "activations").glob("*.safetensors")}
        finished_blocks = {path.stem for path in committed if path.parent.name == "activations"}
        assert len(begun_blocks - finished_blocks) <= 1  # at most this one is done again
        assert start(out).wait() == 0
        assert contents(out) == whole
        assert [path for path, at in committed.items() if path.stat().st_mtime_ns != at] == []
        assert Run(out).failed.is_empty()
        shutil.rmtree(out)
    assert killed.total() == KILLS
    print(f"killed: {dict(killed)}")
