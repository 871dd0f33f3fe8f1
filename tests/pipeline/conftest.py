from collections.abc import Iterator

import pytest

from nucleate.pipeline import Run
from nucleate.pipeline.plan import _plan as plan
from support.small_run import run_probe


@pytest.fixture(scope="session", autouse=True)
def small_blocks() -> Iterator[None]:
    """Three blocks where there would be one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan, "ROWS_PER_BLOCK", 32)
        yield


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_probe(tmp_path_factory.mktemp("probe") / "run")
