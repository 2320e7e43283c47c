"""What every browser test stands on."""

import pytest


@pytest.fixture(scope="session")
def base_url() -> None:
    """Tests name whole addresses. The plugin's own fixture is one that pytest warns of."""
