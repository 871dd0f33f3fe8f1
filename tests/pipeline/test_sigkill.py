"""A real process, really killed, at random moments of a real job; the same command then ends with the same bytes.

`NUCLEATE_KILLS=50 python -m pytest tests/pipeline/test_sigkill.py` kills 50 times; by default it is a few.
"""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nucleate.pipeline import Run
from support.small_run import contents

KILLS = int(os.environ.get("NUCLEATE_KILLS", "2"))

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


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_killed_at_random_moments(tmp_path: Path) -> None:
    job = start(tmp_path / "whole")
    begun = time.monotonic()
    assert job.wait() == 0
    duration = time.monotonic() - begun
    whole = contents(tmp_path / "whole")
    moments = random.Random(0)
    killed = 0
    for number in range(KILLS):
        out = tmp_path / f"killed-{number}"
        job = start(out)
        time.sleep(moments.uniform(0, duration))
        job.send_signal(signal.SIGKILL)
        killed += job.wait() == -signal.SIGKILL
        blocks = {path: path.stat().st_mtime_ns for path in (out / "activations").glob("*.json")}
        job = start(out)
        assert job.wait() == 0
        assert contents(out) == whole
        assert [path for path, at in blocks.items() if path.stat().st_mtime_ns != at] == []
        assert Run(out).failed.is_empty()
    assert killed > 0
