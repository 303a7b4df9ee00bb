"""What the promises' tests share."""

from datetime import UTC, datetime

import pytest


@pytest.fixture
def noon() -> datetime:
    """The moment that it is in the services of these tests."""
    return datetime(2026, 11, 23, 12, tzinfo=UTC)
