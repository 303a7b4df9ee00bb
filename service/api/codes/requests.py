"""What is wrong with a request whatever it is about, and who may not make it."""

from __future__ import annotations

from typing import Final

__all__ = ["TABLE"]

TABLE: Final[dict[str, dict[str, tuple[int, str, str]]]] = {
    "The request": {
        "bad_request": (
            400,
            "Bad request",
            (
                "The request can't be read as HTTP: broken chunks, a body that ends early. Send "
                "it again as it should be."
            ),
        ),
        "malformed_json": (
            400,
            "The body is not JSON",
            (
                "JSON is read strictly here: UTF-8, no NaN or Infinity, no number beyond a "
                "double, no key twice in one object, no half surrogate pairs, at most 64 "
                "levels. What was found, and where, is in the detail: mend it there."
            ),
        ),
        "malformed_form": (
            400,
            "The form can't be read",
            (
                "The body is not multipart/form-data as its Content-Type says: no boundary, a part "
                "without a name, no closing boundary. Let your HTTP library write it."
            ),
        ),
        "bad_header": (
            400,
            "A header can't be used",
            (
                "A header that this address reads does not have the form that it must have. "
                "Send the header that the detail names as it says, or leave it out."
            ),
        ),
        "not_found": (
            404,
            "Not found",
            (
                "There is nothing at this address, or it belongs to someone else. GET / lists "
                "what there is."
            ),
        ),
        "method_not_allowed": (
            405,
            "Method not allowed",
            (
                "The address exists but does not take this method. The Allow header lists those "
                "that it takes."
            ),
        ),
        "not_acceptable": (
            406,
            "Not acceptable",
            (
                "The Accept header asks for a media type that this address can't give. Ask for "
                "one of those that the detail lists, or send no Accept header."
            ),
        ),
        "body_too_large": (
            413,
            "Body too large",
            (
                "The body has more bytes than this service takes (CONVCARDS_MAX_BODY_BYTES). "
                "The connection is closed without reading the rest. Send less, or several "
                "smaller requests."
            ),
        ),
        "uri_too_long": (
            414,
            "Address too long",
            ("The address with its query is longer than 8190 bytes. Send a body instead."),
        ),
        "unsupported_media_type": (
            415,
            "Unsupported media type",
            (
                "What an address takes besides JSON stands in the Accept header of this "
                "answer. Send JSON with the header Content-Type: application/json."
            ),
        ),
        "validation_failed": (
            422,
            "Validation failed",
            (
                "The JSON (or the query) does not have the form that this address takes. Each "
                "entry of errors points to one place. What an address takes, with examples, is "
                "at /docs and in /openapi.yaml."
            ),
        ),
        "headers_too_large": (
            431,
            "Header fields too large",
            (
                "The request has more than 64 header fields, or one of more than 8190 bytes. Leave "
                "out those that this service doesn't need, cookies above all."
            ),
        ),
        "bad_cursor": (
            422,
            "The cursor can't be read",
            (
                "A cursor is what next_cursor held in an earlier answer of the same list; it "
                "can't be made up or changed. Start again without one."
            ),
        ),
    },
    "Who calls": {
        "unauthenticated": (
            401,
            "A key is needed",
            (
                "The key, or the learner's token, is missing, misspelt, revoked or expired. "
                "Send one that is valid in the header Authorization: Bearer cck_..."
            ),
        ),
        "missing_scope": (
            403,
            "The key lacks a scope",
            (
                "The key is good, but was not made for this. Ask whoever runs the service for "
                "a key with the scope that the detail names."
            ),
        ),
        "rate_limited": (
            429,
            "Too many requests",
            (
                "Requests are counted by the minute, for each key, learner, or address without "
                "a key; heavy work counts for several. The RateLimit headers of every answer "
                "say what is left. Wait for the seconds in Retry-After."
            ),
        ),
        "exam_only": (
            403,
            "The token is for an exam",
            (
                "A token that was made for a quiz opens that quiz and its questions, and "
                "nothing else before it is finished: no shapes, no cards, no other questions. "
                "Finish the quiz first."
            ),
        ),
        "host_not_allowed": (
            403,
            "Host not allowed",
            (
                "In local mode the service answers only under localhost, 127.0.0.1, [::1] and "
                "the names in CONVCARDS_ALLOWED_HOSTS. This stops DNS rebinding. Use one of "
                "those names."
            ),
        ),
        "origin_not_allowed": (
            403,
            "Origin not allowed",
            ("In local mode a page of another site may not call this service."),
        ),
        "metrics_refused": (
            403,
            "Metrics are not for this address",
            (
                "What the service counts about itself is for those who run it. It is told to the "
                "addresses in CONVCARDS_METRICS_FROM, this machine unless set, when they ask "
                "the service itself and not through a proxy; no key opens it."
            ),
        ),
        "not_local": (
            403,
            "Not a local request",
            (
                "In local mode whoever reaches the service may use it, so it answers only this "
                "machine, and nothing that comes through a proxy. Run it with "
                "CONVCARDS_MODE=secured and a key to serve others."
            ),
        ),
    },
}
