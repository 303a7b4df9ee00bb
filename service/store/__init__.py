"""The store: the only room that knows SQL. Everything that lasts goes through it.

>>> database = Database("sqlite:////var/lib/convcards/convcards.db")    # doctest: +SKIP
>>> with database.write() as session:                                   # doctest: +SKIP
...     user = users.get_or_create(session, "local", "ann", now=clock(), rng=rng)

`Database.read()` and `Database.write()` open a transaction; the functions of each aggregate take
its session: `tenants`, `users`, `keys`, `signing`, `issuers`, `audit`, `decks`, `templates`,
`authoring`, `questions`, `quizzes`, `answers`, `memories`, `reviews`, `recording`, `idempotency`,
`progress`, `practice`, `reports`, `personal`, `jobs`.
Answering questions is one transaction made of them::

    with database.write() as session:
        held = recording.hold(session, question_ids, tenant_id=tenant_id)
        kept = idempotency.kept(session, keys)
        ...                             # `answers.made`, `memories.made`, into `changes`
        recording.write(session, changes)

What only commands need is imported by itself: `backups`, `health`, `retention`.
What they refuse is a `StoreError`; the tree is in `errors`. Rows come back as the classes of
`tables` and stay readable after the transaction. Times are aware datetimes, ids UUIDs, both made
from the clock and the randomness that the caller passes.
"""

from service.store import (
    answers,
    audit,
    authoring,
    decks,
    idempotency,
    issuers,
    jobs,
    keys,
    memories,
    migrate,
    personal,
    practice,
    progress,
    questions,
    quizzes,
    recording,
    reports,
    reviews,
    signing,
    templates,
    tenants,
    users,
)
from service.store.database import Database
from service.store.engine import Timeouts
from service.store.errors import (
    BackupRefused,
    BadDatabaseUrl,
    Conflict,
    Gone,
    JobLost,
    KeyInProgress,
    KeyRefused,
    KeyReused,
    NotFound,
    QuestionClosed,
    QuizFinished,
    ReviewOutOfOrder,
    ReviewTaken,
    SharedDeck,
    StoreError,
    StoreUnavailable,
    TooManyJobs,
    UnsafeDatabase,
    Unstorable,
)
from service.store.ids import RandomBits, random_id, uuid7
from service.store.paging import Page
from service.store.tables import (
    Answer,
    ApiKey,
    AuditEvent,
    Card,
    CardVersion,
    Deck,
    IdempotencyKey,
    Issuer,
    Job,
    Memory,
    Question,
    Quiz,
    Review,
    Template,
    TemplateVersion,
    Tenant,
    TokenKey,
    UnreadResponse,
    User,
)

__all__ = [
    "Answer",
    "ApiKey",
    "AuditEvent",
    "BackupRefused",
    "BadDatabaseUrl",
    "Card",
    "CardVersion",
    "Conflict",
    "Database",
    "Deck",
    "Gone",
    "IdempotencyKey",
    "Issuer",
    "Job",
    "JobLost",
    "KeyInProgress",
    "KeyRefused",
    "KeyReused",
    "Memory",
    "NotFound",
    "Page",
    "Question",
    "QuestionClosed",
    "Quiz",
    "QuizFinished",
    "RandomBits",
    "Review",
    "ReviewOutOfOrder",
    "ReviewTaken",
    "SharedDeck",
    "StoreError",
    "StoreUnavailable",
    "Template",
    "TemplateVersion",
    "Tenant",
    "Timeouts",
    "TokenKey",
    "TooManyJobs",
    "UnreadResponse",
    "UnsafeDatabase",
    "Unstorable",
    "User",
    "answers",
    "audit",
    "authoring",
    "decks",
    "idempotency",
    "issuers",
    "jobs",
    "keys",
    "memories",
    "migrate",
    "personal",
    "practice",
    "progress",
    "questions",
    "quizzes",
    "random_id",
    "recording",
    "reports",
    "reviews",
    "signing",
    "templates",
    "tenants",
    "users",
    "uuid7",
]
