from __future__ import annotations

import pytest

from tests.revenue.pipeline.support import add_shipped_mappings


@pytest.fixture
def mappings(db: None) -> None:
    """The shipped column mappings as saved rows."""
    add_shipped_mappings()
