from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def grocery_photos() -> Path:
    """The archive of grocery photos; tests that need it are skipped where it is not."""
    folder = Path(os.environ.get("NUCLEATE_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))
    path = folder / "grocery_128.zip"
    if not path.is_file():
        pytest.skip("needs grocery_128.zip: set NUCLEATE_TEST_DATA to the folder that holds it")
    return path
