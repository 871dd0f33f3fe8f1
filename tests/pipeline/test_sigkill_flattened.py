"""Real kills of real processes that keep no activations: the same command then ends with the same bytes.

`NUCLEATE_KILLS=20 python -m pytest -s tests/pipeline/test_sigkill_flattened.py` kills 20 times each way.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nucleate.pipeline import Run
from support.small_run import contents

KILLS = int(os.environ.get("NUCLEATE_KILLS", "2")) // 2 or 1
JOB = """
import sys
from nucleate import data, models, pipeline
from nucleate.pipeline.plan import _passes as passes, _sketching as sketching
from nucleate.pipeline.rows import _distances as distances

passes._FIXED = 0
passes.PART_COLUMNS = distances.PART_COLUMNS = 256
sketching.FEWEST_COLUMNS, sketching.FEWEST_ROWS_PER_CANDIDATE = 600, 1
network = models.as_network(
    models.load("resnet-small", pretrained=False, num_classes=3),
    preprocessing=models.Preprocessing((8, 8), 1, (0.5,), (0.5,)),
)
print("started", flush=True)
options = {
    "clusters": {"measures": "clusters", "memory": 0.0149, "factors": (1, 2)},
    "neighbors": {
        "measures": "overlap,label_overlap", "disk": 0.0085, "memory": 0.2865, "candidates": "sketch", "k": 10,
    },
}[sys.argv[2]]
options |= {"layers": "layer1.0,layer2.0,layer3.0", "pool": "none", "keep_activations": False, "batch_size": 16}
options["measures"] = tuple(options["measures"].split(","))
pipeline.probe(network, data.digits(), out=sys.argv[1], reporter=pipeline.Reporter(None), **options)
"""


def start(out: Path, measures: str) -> subprocess.Popen[str]:
    """The job, up to the moment when its imports are done."""
    job = subprocess.Popen([sys.executable, "-c", JOB, str(out), measures], stdout=subprocess.PIPE, text=True)
    assert job.stdout is not None
    with job.stdout:
        assert job.stdout.readline() == "started\n"
    return job


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
@pytest.mark.parametrize("measures", ["clusters", "neighbors"])
def test_killed_at_random_moments(tmp_path: Path, measures: str) -> None:
    job, began = start(tmp_path / "whole", measures), time.monotonic()
    assert job.wait() == 0
    seconds = time.monotonic() - began
    whole = contents(tmp_path / "whole")
    moments, killed = random.Random(0), 0
    while killed < KILLS:
        out = tmp_path / f"killed-{killed}"
        job = start(out, measures)
        time.sleep(moments.uniform(0.1, 0.9) * seconds)
        job.send_signal(signal.SIGKILL)
        if job.wait() != -signal.SIGKILL:  # it was quicker than the first
            seconds *= 0.8
            shutil.rmtree(out)
            continue
        killed += 1
        assert start(out, measures).wait() == 0
        assert contents(out) == whole
        assert not (out / "scratch").exists()
        assert Run(out).failed.is_empty()
        shutil.rmtree(out)
