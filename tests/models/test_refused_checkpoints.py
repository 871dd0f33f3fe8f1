"""Files that strangers could send: each is refused at once, in little memory, and nothing in it runs."""

import json
import pickle
import struct
import subprocess
import sys
import warnings
import zipfile

import pytest
import torch

from nucleate.models import load

SECONDS, BYTES = 10, 2**30

LOADER = """
import json, resource, sys, time
import torch
from nucleate.errors import ModelError
from nucleate.models import load

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

load("resnet-small", pretrained=False)
# What torch has mapped by now stays; beyond, a gigabyte may be asked for and not a byte more.
if sys.platform == "linux":
    mapped = int(next(line for line in open("/proc/self/status") if line.startswith("VmSize")).split()[1]) * 1024
    resource.setrlimit(resource.RLIMIT_AS, (mapped + 2**30, mapped + 2**30))
told = {}
before = peak()
for path in sys.argv[1:]:
    start = time.monotonic()
    try:
        load("resnet-small", checkpoint=path)
        error = "loaded"
    except ModelError as refusal:
        error = str(refusal)
    told[path] = [error, time.monotonic() - start, peak() - before]  # of this file and all before it
print(json.dumps(told))
"""


class Runs:
    """Writes a file when it is unpickled."""

    def __init__(self, witness):
        self.witness = witness

    def __reduce__(self):
        return (open, (str(self.witness), "w"))


class Grows:
    """Takes a gigabyte when it is unpickled."""

    def __reduce__(self):
        return (bytearray, (2**30,))


class Sneaky(torch.nn.Module):
    """A TorchScript program with a method of its own."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + 1


def safetensors_file(header: bytes, claim: int | None = None, content: bytes = b"\0" * 8) -> bytes:
    return struct.pack("<Q", len(header) if claim is None else claim) + header + content


def tensor(shape: list[int], end: int) -> bytes:
    return json.dumps({"w": {"dtype": "F32", "shape": shape, "data_offsets": [0, end]}}).encode()


def bomb(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"\0" * 2**28)
        archive.writestr("archive/version", b"3\n")


def spread_final_layer():
    """A whole network but for a final layer that claims 2^40 classes."""
    state = load("resnet-small", pretrained=False).module.state_dict()
    return {**state, "fc.weight": torch.zeros(1, 1).expand(2**40, 64), "fc.bias": torch.zeros(1).expand(2**40)}


FILES = {
    "pickle-with-code.pt": (
        lambda path, witness: path.write_bytes(pickle.dumps({"w": Runs(witness)})),
        "could run code",
    ),
    "zip-with-code.pt": (lambda path, witness: torch.save({"w": Runs(witness)}, path), "could run code"),
    "code-under-a-safe-name.safetensors": (
        lambda path, witness: path.write_bytes(pickle.dumps({"w": Runs(witness)})),
        "cannot hold a header|header is no",
    ),
    "torchscript.pt": (lambda path, _: torch.jit.script(Sneaky()).save(str(path)), "is a TorchScript program"),
    "whole-module.pt": (lambda path, _: torch.save(torch.nn.Linear(2, 2), path), "could run code"),
    "truncated.safetensors": (
        lambda path, _: path.write_bytes(safetensors_file(tensor([1000], 4000))),
        "cannot be read",
    ),
    "header-of-2-to-62-bytes.safetensors": (
        lambda path, _: path.write_bytes(safetensors_file(b"{}", 2**62)),
        "cannot hold a header of 4,611,686,018,427,387,904",
    ),
    "tensor-of-2-to-62-numbers.safetensors": (
        lambda path, _: path.write_bytes(safetensors_file(tensor([2**62], 8))),
        "cannot be read",
    ),
    "tensor-that-ends-at-2-to-62.safetensors": (
        lambda path, _: path.write_bytes(safetensors_file(tensor([2], 2**62))),
        "cannot be read",
    ),
    "nested-without-end.safetensors": (
        lambda path, _: path.write_bytes(safetensors_file(b'{"w":' * 50_000)),
        "header is no JSON",
    ),
    "bomb.pt": (lambda path, _: bomb(path), "compressed"),
    "bytearrays.pt": (lambda path, _: torch.save([Grows() for _ in range(9)], path), "could run code"),
    "bytearrays-unzipped.pt": (lambda path, _: path.write_bytes(pickle.dumps([Grows()])), "could run code"),
    "final-layer-spread-over-2-to-40.pt": (
        lambda path, _: torch.save(spread_final_layer(), path),
        "repeats itself",
    ),
    "spread-over-2-to-40.pt": (
        lambda path, _: torch.save({"conv1.weight": torch.zeros(1).expand(2**40)}, path),
        "has shape|lacks",
    ),
}


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    folder = tmp_path_factory.mktemp("strangers")
    witness = folder / "witness"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # writing TorchScript has gone out of fashion
        for name, (write, _) in FILES.items():
            write(folder / name, witness)
    command = [sys.executable, "-c", LOADER, *(str(folder / name) for name in FILES)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert not witness.exists()
    return {path.rpartition("/")[2]: answer for path, answer in json.loads(done.stdout).items()}


@pytest.mark.parametrize("name", FILES)
def test_refused_at_once_in_little_memory(told, name):
    error, seconds, memory = told[name]
    assert any(part in error for part in FILES[name][1].split("|")), error
    assert seconds < SECONDS
    assert memory < BYTES
