"""UUID version 7 and 4, against RFC 9562."""

from datetime import UTC, datetime, timedelta, timezone
from random import Random
from uuid import UUID

import pytest

from service.store import random_id, uuid7

NOW = datetime(2026, 11, 23, 4, 5, 6, 789_123, tzinfo=UTC)


class Bits:
    """Gives the random bits of the example in RFC 9562, appendix A.6."""

    def getrandbits(self, k: int, /) -> int:
        assert k == 62
        return 0x18C4DC0C0C07398F


def test_uuid7_is_the_example_of_the_rfc() -> None:
    moment = datetime(2022, 2, 22, 14, 22, 22, tzinfo=timezone(timedelta(hours=-5)))
    assert uuid7(moment, Bits()) == UUID("017F22E2-79B0-7000-98C4-DC0C0C07398F")


def test_uuid7_carries_version_variant_and_time(rng: Random) -> None:
    made = uuid7(NOW, rng)
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    assert made.int >> 80 == int(NOW.timestamp() * 1000)
    assert made.int >> 64 & 0xFFF == 123 * 4096 // 1000


def test_uuid7_sorts_by_microsecond_as_text_and_as_bytes(rng: Random) -> None:
    moments = [NOW + timedelta(microseconds=step) for step in range(0, 3000, 7)]
    made = [uuid7(moment, rng) for moment in moments]
    assert made == sorted(made)
    assert [one.hex for one in made] == sorted(one.hex for one in made)
    assert [one.bytes for one in made] == sorted(one.bytes for one in made)


def test_uuid7_differs_within_one_microsecond(rng: Random) -> None:
    assert len({uuid7(NOW, rng) for _ in range(1000)}) == 1000


def test_uuid7_reaches_from_1970_to_the_end_of_datetime() -> None:
    assert uuid7(datetime(1970, 1, 1, tzinfo=UTC), Bits()).int >> 80 == 0
    assert uuid7(datetime.max.replace(tzinfo=UTC), Bits()).version == 7


@pytest.mark.parametrize("moment", [datetime(2026, 1, 1), datetime(1969, 12, 31, tzinfo=UTC)])  # noqa: DTZ001
def test_uuid7_refuses_what_it_cannot_hold(moment: datetime) -> None:
    with pytest.raises(ValueError, match="time"):
        uuid7(moment, Bits())


def test_random_id_is_version_4_and_tells_no_time(rng: Random) -> None:
    made = {random_id(rng) for _ in range(1000)}
    assert len(made) == 1000
    assert {one.version for one in made} == {4}
