"""What stands against a request that is fine by itself: the service, what is stored, the quiz."""

from __future__ import annotations

from typing import Final

__all__ = ["TABLE"]

TABLE: Final[dict[str, dict[str, tuple[int, str, str]]]] = {
    "The service": {
        "internal_error": (
            500,
            "Something went wrong here",
            (
                "This is a fault of the service, not of the request. It is logged under the "
                "request_id of the answer; please report that."
            ),
        ),
        "service_unavailable": (
            503,
            "Not available right now",
            (
                "The database can't be reached or is too busy. Nothing was changed. Try again "
                "after the seconds in the Retry-After header."
            ),
        ),
        "busy": (
            503,
            "Too much heavy work at once",
            (
                "Large bodies, pictures and long computations are done one at a time in each "
                "process, so that everything else stays quick, and very few may wait. Nothing was "
                "computed. Try again after the seconds in the Retry-After header."
            ),
        ),
        "too_many_jobs": (
            429,
            "Too many jobs, or too large ones",
            (
                "A tenant can have 100 jobs that are waiting or running, and 1 GB of requests and "
                "results that are kept for them. Nothing was kept of this one. Wait for some to "
                "end, or call off or forget some with DELETE /v1/jobs/{job}."
            ),
        ),
        "not_migrated": (
            503,
            "The database is not up to date",
            (
                "The database has no tables yet, or those of another version. `convcards "
                "migrate` brings it up to date."
            ),
        ),
    },
    "Stored things": {
        "conflict": (
            409,
            "It stands against what is stored",
            ("Something changed in between, or exists already. Read it again, then decide."),
        ),
        "job_without_result": (
            409,
            "The job has no result",
            (
                "It is not done yet, was called off or has failed, or what it does gives nothing "
                "back. GET /v1/jobs/{job} says which; a job with a result has a link to it."
            ),
        ),
        "gone": (
            410,
            "It was deleted",
            (
                "The deck or card was here and was deleted; its id leads to nothing else. What "
                "people answered about it is kept. Importing an export of the deck brings it back."
            ),
        ),
        "shared_deck": (
            403,
            "The deck is everyone's",
            (
                "A deck that every tenant sees can't be changed by one of them. POST /v1/decks "
                'with {"copy_of": "cnn"} makes a deck of your own with the same cards.'
            ),
        ),
        "precondition_required": (
            428,
            "Say which version you change",
            (
                "A change needs the header If-Match with the ETag of what you read, so that nobody "
                "overwrites what another has written in between. GET it, and send its ETag."
            ),
        ),
        "precondition_failed": (
            412,
            "It was changed in between",
            (
                "What is stored is not the version that If-Match names. Nothing was changed. Read "
                "it again, look at what is new, then send the change with the new ETag."
            ),
        ),
        "deck_full": (
            422,
            "The deck is full",
            "A deck holds at most 5,000 cards. Begin another one, or delete cards of this one.",
        ),
        "question_closed": (
            409,
            "The question takes no more answers",
            (
                "It was answered, all its attempts are used, or its answer was revealed. Ask "
                "for a new question."
            ),
        ),
        "idempotency_key_in_progress": (
            409,
            "The first request is still being worked on",
            (
                "A request with this Idempotency-Key has not been answered yet. Send it again "
                "after the seconds in the Retry-After header."
            ),
        ),
        "idempotency_key_reused": (
            422,
            "The Idempotency-Key belongs to another request",
            (
                "One key stands for one request: method, address and body. Send a new key with "
                "a new request."
            ),
        ),
        "unstorable": (
            422,
            "A value can't be stored",
            (
                "A text or number is longer or larger than what can be kept, or holds a "
                "character that can't. Shorten it, and leave out control characters."
            ),
        ),
    },
    "People": {
        "bad_user_id": (
            422,
            "The person's id can't be used",
            (
                "{user} in the address is your own id for a person: 1 to 200 characters, "
                "percent-encoded UTF-8 (a slash is %2F), without control characters."
            ),
        ),
        "me_without_token": (
            403,
            "`me` needs a learner's own token",
            (
                "`me` stands for the person whom a learner's token was made for. With an API "
                "key, and in local mode, name the person by your own id for them."
            ),
        ),
    },
    "Quiz": {
        "bad_idempotency_key": (
            400,
            "The Idempotency-Key can't be used",
            (
                "An Idempotency-Key is 1 to 255 visible ASCII characters, best a random UUID made "
                "for this one request."
            ),
        ),
        "no_question_fits": (
            422,
            "No question fits",
            (
                "There is no template or card that has everything that was asked for. The hint "
                "names what there is."
            ),
        ),
        "quiz_finished": (
            409,
            "The quiz takes no more answers",
            "It was finished, or its time is up. GET /v1/quizzes/{quiz} shows how it went.",
        ),
        "sealed_by_exam": (
            409,
            "An exam tells nothing before it is finished",
            (
                "In a quiz of mode exam no answer is revealed or judged until POST "
                "/v1/quizzes/{quiz}/finish."
            ),
        ),
        "review_token_used": (
            409,
            "The review was made already",
            (
                "A review token stands for one review. It was used, or the thing was reviewed "
                "in another way since. GET /v1/users/{user}/reviews/next gives a new one."
            ),
        ),
        "review_out_of_order": (
            422,
            "The review has no place in the order",
            (
                "A review made elsewhere lies in the future, or before the last review of the "
                "same card. Send the reviews of a card in the order in which they were made."
            ),
        ),
        "nothing_to_undo": (
            409,
            "There is nothing to take back",
            "Every review of this person was taken back already, or there was none.",
        ),
        "unreadable_response": (
            422,
            "The response can't be read",
            (
                "What was sent is not an answer of the kind asked for (which is not the same as "
                "a wrong one): no attempt was used. `reason` says why, the hint how to write "
                "it."
            ),
        ),
    },
}
