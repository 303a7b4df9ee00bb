"""What took long is told again, for a time that follows from how long it took."""

from service.api.recent import LONG, TIMES, Recent


class Timer:
    """Seconds that pass when the test says so."""

    seconds = 100.0

    def __call__(self) -> float:
        return self.seconds

    def work(self, takes: float) -> str:
        self.seconds += takes
        return f"counted at {self.seconds}"


def test_what_took_long_is_told_again_as_often_as_it_is_worth() -> None:
    timer = Timer()
    recent = Recent[str](timer)
    told = recent.count("deck", lambda: timer.work(LONG))
    assert recent.find("another deck") is None
    timer.seconds += LONG * TIMES - 0.01
    assert recent.find("deck") == told
    timer.seconds += 0.02
    assert recent.find("deck") is None
    anew = recent.count("deck", lambda: timer.work(LONG + 1))
    assert anew != told
    assert recent.find("deck") == anew


def test_what_is_quick_is_counted_anew() -> None:
    timer = Timer()
    recent = Recent[str](timer)
    recent.count("deck", lambda: timer.work(LONG - 0.01))
    assert recent.find("deck") is None


def test_the_oldest_makes_room() -> None:
    timer = Timer()
    recent = Recent[str](timer)
    for number in range(1000):
        recent.count(number, lambda: timer.work(LONG))
    left = [number for number in range(1000) if recent.find(number)]
    assert 0 < len(left) <= TIMES
    assert left == [*range(1000 - len(left), 1000)]
