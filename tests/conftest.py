"""Fixtures that several modules share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sites import Client, publish_shipped, serving


@pytest.fixture(scope="session")
def shipped_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home whose current release is of the sources in this checkout."""
    home = tmp_path_factory.mktemp("shipped")
    publish_shipped(home)
    return home


@pytest.fixture(scope="session")
def shipped(shipped_home: Path) -> Iterator[Client]:
    """Lend a client of the application over the shipped data."""
    with serving(shipped_home) as client:
        yield client
