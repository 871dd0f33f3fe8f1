"""What time and disks do to a finished run is found, file by file, and mended by asking again."""

import random
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nucleate import report
from nucleate.cli.actions._verify import verify_run
from nucleate.data import Samples, from_folder
from nucleate.errors import RunError, RunFolderError
from nucleate.models import Network, Preprocessing, as_network
from nucleate.pipeline import Reporter
from support.small_run import contents, make_network, run_probe

FLIPS, TRUNCATIONS = 100, 20


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photos, one of which cannot be read, and a run of them with its report."""
    folder = tmp_path_factory.mktemp("verify")
    generator = np.random.default_rng(0)
    for number in range(40):
        path = folder / "photos" / "ab"[number % 2] / "pqrs"[number % 4] / f"{number:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(generator.integers(0, 255, (8, 8), np.uint8)).save(path)
    (folder / "photos" / "a" / "p" / "00.png").write_bytes(b"<html>")
    probe_and_report(folder)
    return folder


def network_and_samples(folder: Path) -> tuple[Network, Samples]:
    network = as_network(make_network(), preprocessing=Preprocessing((8, 8), 1, (0.5,), (0.5,)))
    return network, from_folder(folder / "photos")


def probe_and_report(folder: Path) -> None:
    network, samples = network_and_samples(folder)
    report(run_probe(folder / "run", network=network, samples=samples, factors=(1, 2), layers="second"))


def files(run: Path) -> list[Path]:
    return sorted(path for path in run.rglob("*") if path.is_file() and path.name != ".lock")


def what_verify_says(run: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What is printed about a damaged run; empty for a whole one."""
    capsys.readouterr()
    try:
        verify_run(run, Reporter(stream=None))
    except (RunError, RunFolderError):
        return capsys.readouterr().out
    return ""


def flipped(whole: bytes, generator: random.Random) -> bytes:
    bit = generator.randrange(8 * len(whole))
    content = bytearray(whole)
    content[bit // 8] ^= 1 << (bit % 8)
    return bytes(content)


def cut(whole: bytes, generator: random.Random) -> bytes:
    return whole[: generator.randrange(len(whole))]


def test_bit_flips_and_truncations_are_all_found(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = place / "run"
    everything = files(run)
    names = {path.relative_to(run).parts[0] for path in everything}
    assert names >= {"run.json", "samples.parquet", "layers.parquet", "profile.parquet", "manifest.json", "log.jsonl",
                     "report.html", "report.json", "activations", "thumbnails", "neighbors", "clusters", "overlaps",
                     "peaks"}  # fmt: skip
    assert len(everything) < FLIPS
    assert what_verify_says(run, capsys) == ""
    generator = random.Random(0)
    damages = [(flipped, path) for path in everything]  # every file at least once
    damages += [(flipped, generator.choice(everything)) for _ in range(FLIPS - len(everything))]
    damages += [(cut, path) for path in generator.sample(everything, TRUNCATIONS)]
    for damage, path in damages:
        whole = path.read_bytes()
        path.write_bytes(damage(whole, generator))
        assert str(path) in what_verify_says(run, capsys), (damage.__name__, path)
        path.write_bytes(whole)
    assert what_verify_says(run, capsys) == ""


def test_the_same_request_mends_every_file(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = place / "run"
    whole = contents(run)
    generator = random.Random(1)
    for damaged in ([path for path in files(run) if path.name != "run.json"], [run / "run.json"]):
        for path in damaged:
            path.write_bytes(flipped(path.read_bytes(), generator))
        assert what_verify_says(run, capsys)
        probe_and_report(place)
        assert contents(run) == whole
        assert what_verify_says(run, capsys) == ""
