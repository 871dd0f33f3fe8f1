"""Studies of a few seconds."""

from __future__ import annotations

import pytest

from support.stand_ins import StandIns, make_stand_ins
from support.tiny_studies import make_tiny


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few digits wherever no files are needed, and one epoch."""
    make_tiny(monkeypatch.setattr)


@pytest.fixture(scope="session")
def stand_ins(tmp_path_factory: pytest.TempPathFactory) -> StandIns:
    """Runs of untrained networks for evidence of any setting of cluster probes."""
    return make_stand_ins(tmp_path_factory.mktemp("stand-ins"))
