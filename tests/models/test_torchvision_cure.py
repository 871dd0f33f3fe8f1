import subprocess
import sys

import pytest

from nucleate.models.adapters._torchvision_import import import_torchvision

# A torchvision whose first import dies as the real one does beside a torch it was not compiled for.
BROKEN = """
import torch
torch._C._dispatch_has_kernel_for_dispatch_key("torchvision::nms", "Meta")
from torchvision import half
"""


def run(code: str, path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=path, env={"PYTHONPATH": str(path)}
    )


@pytest.fixture
def broken(tmp_path):
    package = tmp_path / "torchvision"
    package.mkdir()
    (package / "half.py").write_text("")
    (package / "__init__.py").write_text("from torchvision import half\n" + BROKEN + "CURED = True\n")
    return tmp_path


def test_a_broken_torchvision_dies_without_and_lives_with_the_cure(broken):
    without = run("import torchvision", broken)
    assert "RuntimeError: operator torchvision::nms does not exist" in without.stderr
    code = "from nucleate.models.adapters._torchvision_import import import_torchvision as f; "
    code += "assert f().CURED; assert f().CURED"
    cured = run(code, broken)
    assert cured.returncode == 0, cured.stderr


def test_other_failures_are_passed_on(broken):
    (broken / "torchvision" / "__init__.py").write_text("raise RuntimeError('out of luck')")
    result = run("from nucleate.models.adapters._torchvision_import import import_torchvision as f; f()", broken)
    assert "RuntimeError: out of luck" in result.stderr


def test_the_installed_torchvision_can_be_imported():
    try:
        torchvision = import_torchvision()
    except ImportError as error:
        pytest.skip(str(error))
    from torchvision.transforms import v2

    assert v2.CenterCrop(2).size == (2, 2)
    assert import_torchvision() is torchvision
