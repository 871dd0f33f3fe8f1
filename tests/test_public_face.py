"""The names people import, and what importing costs."""

import inspect
import subprocess
import sys

import pytest

import nucleate as nc


def test_every_public_name_can_be_had_again_and_again() -> None:
    for name in nc.__all__:
        assert getattr(nc, name) is not None
        assert getattr(nc, name) == getattr(nc, name)
    assert callable(nc.report)
    assert set(nc.__all__) <= set(dir(nc))


def test_report_stays_a_function_however_its_room_was_imported() -> None:
    code = "import nucleate.reports, nucleate as nc; assert callable(nc.report); from nucleate import report"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_functions_of_the_studies_stay_functions_however_their_files_were_imported() -> None:
    code = "import nucleate.studies.execute._run, nucleate.studies.declare._study, nucleate as nc; "
    code += "callables = map(callable, "
    code += "(nc.studies.run, nc.studies.study, nc.studies.plan, nc.studies.report)); assert all(callables)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_unknown_names_are_attribute_errors() -> None:
    with pytest.raises(AttributeError, match="attribute prob"):
        _ = nc.prob


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = "import sys, nucleate; sys.exit(bool({'torch', 'numpy', 'polars', 'numba', 'scipy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    "room", ["clusters", "data", "labels", "measures", "models", "neighbors", "studies", "training"]
)
def test_public_functions_are_documented_and_take_few_positional_arguments(room: str) -> None:
    module = getattr(nc, room)
    assert module.__doc__
    for name in module.__all__:
        value = getattr(module, name)
        if inspect.isfunction(value):
            assert value.__doc__, name
            positional = [
                parameter
                for parameter in inspect.signature(value).parameters.values()
                if parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
            ]
            # A linear probe needs two splits of samples with their labels.
            assert len(positional) <= (4 if name == "linear_probe" else 3), name
