"""What the store can refuse, as a small tree, and how drivers' errors become it.

::

    StoreError
    ├── BadDatabaseUrl        the address itself can't be used; say so and stop
    ├── StoreUnavailable      unreachable, busy past its timeouts, full, not migrated: try again
    │   └── UnsafeDatabase    it acknowledges before it has written; never use it like that
    ├── NotFound              no such thing here, or it is someone else's
    │   └── Gone              it was here and was deleted
    ├── SharedDeck            everyone's deck, which nobody can change
    ├── Conflict              true of another moment, not of this one
    │   ├── ReviewTaken       another review of it came first, or this one was sent before
    │   ├── QuizFinished      it was handed in, or its time is up
    │   ├── QuestionClosed    answered, revealed, or no attempts left
    │   ├── KeyInProgress     the first request with this Idempotency-Key still runs
    │   ├── TooManyJobs       a tenant's jobs are as many, or as large, as may be
    │   └── JobLost           the job is no longer this worker's: called off, taken over, erased
    ├── ReviewOutOfOrder      a review made elsewhere that the log has no place for
    ├── KeyReused             this Idempotency-Key came with another request before
    ├── KeyRefused            a key or token that opens nothing: unknown, revoked, expired...
    ├── BackupRefused         what stands against making a backup or putting it back
    └── Unstorable            a value that no database column here can hold

No text of a database or a driver, and no stored value, ever stands in these errors: they say which
kind of trouble it was and the driver's own short code (SQLSTATE or SQLite's name for it).
"""
# ruff: noqa: N818 - they are named for what happened; `StoreError` above them says that it is an error

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import exc as sa


class StoreError(Exception):
    """Anything the store refuses; `detail` is one sentence that may be shown to a caller."""

    def __init__(self, detail: str, *, driver_code: str | None = None) -> None:
        super().__init__(detail if driver_code is None else f"{detail} [{driver_code}]")
        self.detail = detail
        self.driver_code = driver_code


class BadDatabaseUrl(StoreError):
    """The database address is malformed or of a kind that isn't supported."""


class StoreUnavailable(StoreError):
    """The database can't serve now; the work was rolled back and may be tried again."""


class UnsafeDatabase(StoreUnavailable):
    """The server is set to acknowledge commits before they are on disk (synchronous_commit)."""


class NotFound(StoreError):
    """There is no such thing for this caller; other people's things are told the same way."""

    def __init__(self, kind: str, key: object) -> None:
        super().__init__(f"there is no {kind} {key}")
        self.kind = kind
        self.key = key


class Gone(NotFound):
    """It was deleted; its id leads to nothing else."""

    def __init__(self, kind: str, key: object) -> None:
        super().__init__(kind, key)
        self.detail = f"the {kind} {key} was deleted"


class SharedDeck(StoreError):
    """A deck that everyone sees can't be changed by one of them."""

    def __init__(self, deck_id: str) -> None:
        super().__init__(f"the deck {deck_id} is everyone's and can't be changed; a copy of it can")
        self.deck_id = deck_id


class Conflict(StoreError):
    """The state of things, or someone faster, stands against it."""


class QuestionClosed(Conflict):
    """The question takes no more answers; `state` is answered or revealed."""

    def __init__(self, state: str) -> None:
        super().__init__(f"the question is {state}: it takes no more answers")
        self.state = state


class QuizFinished(Conflict):
    """The quiz takes no more answers."""

    def __init__(self) -> None:
        super().__init__("the quiz is finished, or its time is up: it takes no more answers")


class ReviewTaken(Conflict):
    """The review that was meant has been made: by this request before, or by another."""

    def __init__(self) -> None:
        super().__init__("this review was made already, or another one came in between")


class KeyInProgress(Conflict):
    """The first request with this Idempotency-Key has not been answered yet."""

    def __init__(self) -> None:
        super().__init__("the first request with this Idempotency-Key is still being worked on")


class TooManyJobs(Conflict):
    """The tenant has as many jobs as it may, or what is kept for them is too large."""


class JobLost(Conflict):
    """The job was called off, taken over by another worker, or erased: nothing of it may stay."""

    def __init__(self) -> None:
        super().__init__("the job is no longer this worker's")


class ReviewOutOfOrder(StoreError):
    """A review from elsewhere, before the last one or in the future; `bound` is that moment."""

    def __init__(self, detail: str, bound: datetime) -> None:
        super().__init__(detail)
        self.bound = bound


class KeyReused(StoreError):
    """An Idempotency-Key stands for one request: this one differs from the first."""

    def __init__(self) -> None:
        super().__init__("this Idempotency-Key was already used for another request")


class KeyRefused(StoreError):
    """A key that opens nothing; `reason` is malformed, unknown, revoked or expired."""

    def __init__(self, reason: str, what: str = "API key") -> None:
        super().__init__(f"the {what} is {reason}")
        self.reason = reason


class BackupRefused(StoreError):
    """A file in the way or damaged, a database that isn't empty, a tool that is missing."""


class Unstorable(StoreError):
    """A value outside what its column holds: too long, too large, NUL or a lone surrogate."""


_UNAVAILABLE = (sa.OperationalError, sa.InterfaceError, sa.TimeoutError, sa.DisconnectionError)
_UNAVAILABLE_CODES = {
    "42P01",  # no such table: not migrated
    "42703",  # no such column: not migrated far enough
    "25006",  # read-only: a standby, during a failover
}


def driver_code(error: BaseException | None) -> str | None:
    """The driver's short code of an error: SQLSTATE, or SQLite's name such as SQLITE_BUSY."""
    code = getattr(error, "sqlstate", None) or getattr(error, "sqlite_errorname", None)
    return str(code) if code else None


def translate(error: sa.SQLAlchemyError) -> StoreError:
    """Make the store's own error of SQLAlchemy's, without its text, statement or values."""
    original = error.orig if isinstance(error, sa.StatementError) else None
    if isinstance(original, StoreError):
        return original
    code = driver_code(original)
    if isinstance(error, sa.IntegrityError):
        return Conflict("it stands against what is already stored", driver_code=code)
    if isinstance(error, sa.DataError):
        return Unstorable("a value can't be stored", driver_code=code)
    if isinstance(error, sa.TimeoutError):
        return StoreUnavailable("all connections to the database are busy")
    # A commit that a pooler cuts off has no code, and no class of its own.
    lost = isinstance(error, sa.DBAPIError) and error.connection_invalidated
    if lost or isinstance(error, _UNAVAILABLE) or code in _UNAVAILABLE_CODES:
        reached = code not in (None, "SQLITE_CANTOPEN")
        what = "serve this now" if reached else "be reached, or doesn't let us in"
        return StoreUnavailable(f"the database can't {what}", driver_code=code)
    return StoreError(f"the store failed ({type(error).__name__})", driver_code=code)


@contextmanager
def translated() -> Iterator[None]:
    """Let only the store's own errors out of the block (others' exceptions pass untouched)."""
    try:
        yield
    except sa.SQLAlchemyError as error:
        raise translate(error) from None
