"""Who may call what: local mode, and API keys."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from contract_client import ContractClient
from service.api.auth import needs
from service.api.context import caller, services
from service.api.operation import Answer, Example, Resource
from service.api.schemas.meta import AliveSchema
from service.store import Database, keys

MakeApp = Callable[..., Flask]
MakeKey = Callable[..., str]


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8000", "LOCALHOST", "127.0.0.1:9", "[::1]:8000", "[::1]"]
)
def test_local_mode_answers_under_its_names(client: ContractClient, host: str) -> None:
    assert client.get("/livez", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "localhost.",
        "127.0.0.1.nip.io",
        "",
        "[::1",
        "10.0.0.1",
    ],
)
def test_local_mode_answers_under_no_other(client: ContractClient, host: str) -> None:
    response = client.get("/livez", headers={"Host": host})
    assert (response.status_code, response.get_json()["code"]) == (403, "host_not_allowed")


def test_local_mode_takes_names_from_the_settings(make_app: MakeApp) -> None:
    client = make_app(mode="local", allowed_hosts=("cards.local",)).test_client()
    assert client.get("/livez", headers={"Host": "cards.local:8000"}).status_code == 200


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_local_mode_answers_its_machine(client: ContractClient, peer: str) -> None:
    response = client.get("/livez", environ_base={"REMOTE_ADDR": peer})
    assert response.status_code == 200


@pytest.mark.parametrize("peer", ["10.0.0.1", "192.168.1.2", "2001:db8::1", "::ffff:10.0.0.1", ""])
def test_local_mode_answers_no_other_machine(client: ContractClient, peer: str) -> None:
    response = client.get("/livez", environ_base={"REMOTE_ADDR": peer})
    assert (response.status_code, response.get_json()["code"]) == (403, "not_local")


@pytest.mark.parametrize(
    "header",
    ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Whatever", "X-Real-IP"],
)
def test_local_mode_refuses_what_came_through_a_proxy(client: ContractClient, header: str) -> None:
    response = client.get("/livez", headers={header: "127.0.0.1"})
    assert (response.status_code, response.get_json()["code"]) == (403, "not_local")


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("localhost:8000", "http://localhost:8000", 200),
        ("127.0.0.1", "http://127.0.0.1", 200),
        ("localhost", "https://localhost", 200),
        ("localhost:8000", "http://localhost:9000", 403),
        ("localhost", "http://evil.example", 403),
        ("localhost", "null", 403),
        ("localhost", "", 403),
        ("localhost", "file://", 403),
    ],
)
def test_local_mode_answers_its_own_pages_only(
    client: ContractClient, host: str, origin: str, status: int
) -> None:
    response = client.get("/livez", headers={"Host": host, "Origin": origin})
    assert response.status_code == status


def test_secured_mode_minds_none_of_that(secured: Flask) -> None:
    headers = {
        "Host": "cards.example",
        "Origin": "https://lms.example",
        "X-Forwarded-For": "10.0.0.1",
    }
    response = secured.test_client().get(
        "/livez", headers=headers, environ_base={"REMOTE_ADDR": "10.0.0.1"}
    )
    assert response.status_code == 200


@pytest.fixture
def guarded(secured: Flask) -> Any:
    """A client of the secured service with an address of its own that needs ``quiz:take``."""
    return guard(secured)


def guard(app: Flask) -> Any:
    resource = Resource("guarded", tag="Guarded", about="For these tests.")

    @resource.get(
        "/guarded",
        id="guarded",
        summary="Guarded",
        access=needs("quiz:take"),
        answers={200: Answer("Who calls.", AliveSchema(), dump=lambda value: value)},
        examples=(Example("x"),),
    )
    def view() -> dict[str, Any]:
        return {"tenant": caller().tenant, "scopes": sorted(caller().scopes)}

    resource.register(app)
    del app.test_client_class
    return app.test_client()


def get(client: Any, key: str) -> Any:
    return client.get("/guarded", headers={"Authorization": f"Bearer {key}"})


def test_a_key_opens(guarded: Any, make_key: MakeKey) -> None:
    response = get(guarded, make_key("quiz:take", "compute"))
    assert response.get_json() == {"tenant": "school", "scopes": ["compute", "quiz:take"]}
    lower = guarded.get("/guarded", headers={"Authorization": f"bearer {make_key('quiz:take')}"})
    assert lower.status_code == 200


def test_a_key_lacks_a_scope(guarded: Any, make_key: MakeKey) -> None:
    response = get(guarded, make_key("compute"))
    assert (response.status_code, response.get_json()["code"]) == (403, "missing_scope")
    assert "quiz:take" in response.get_json()["detail"]
    assert 'scope="quiz:take"' in response.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": "Basic dTpw"},
        {"Authorization": "Bearer nonsense"},
        {"Authorization": "Bearer cck_" + "0" * 16 + "_" + "0" * 43 + "_" + "0" * 6},
        {"Authorization": "Bearer \xff\xfe"},
        {"X-Api-Key": "cck_x"},
    ],
)
def test_no_key_is_401_with_a_challenge(guarded: Any, headers: dict[str, str]) -> None:
    response = guarded.get("/guarded", headers=headers)
    assert (response.status_code, response.get_json()["code"]) == (401, "unauthenticated")
    assert response.headers["WWW-Authenticate"].startswith('Bearer realm="convcards"')


def test_a_key_in_the_address_opens_nothing(guarded: Any, make_key: MakeKey) -> None:
    assert guarded.get(f"/guarded?key={make_key('quiz:take')}").status_code == 401


def test_revoked_expired_and_changed_keys_are_401(
    guarded: Any, make_key: MakeKey, noon: Any
) -> None:
    good = make_key("quiz:take")
    other = make_key("quiz:take")
    mixed = "_".join([*good.split("_")[:2], *other.split("_")[2:]])
    for key in (
        make_key("quiz:take", revoked=True),
        make_key("quiz:take", expires_at=noon - timedelta(seconds=1)),
        mixed,
        good[:-1],
    ):
        response = get(guarded, key)
        assert response.status_code == 401
        assert key not in response.text
        assert key.split("_")[2] not in response.text
    assert get(guarded, good).status_code == 200


def test_the_last_use_is_kept(guarded: Any, make_key: MakeKey, deck_url: str, noon: Any) -> None:
    key = make_key("quiz:take")
    for _ in range(2):
        assert get(guarded, key).status_code == 200
    database = Database(deck_url)
    with database.read() as session:
        found = keys.find_by_id(session, key.split("_")[1])
    database.close()
    assert found is not None
    assert found.last_used_at == noon


def test_local_mode_needs_no_key(app: Flask) -> None:
    response = guard(app).get("/guarded")
    assert response.get_json() == {"tenant": "local", "scopes": sorted(keys.SCOPES)}


def test_public_operations_need_no_key(secured: Flask) -> None:
    client = secured.test_client()
    assert client.get("/v1/shapes").status_code == 200


def test_a_key_where_none_is_needed_says_who_calls(secured: Flask, make_key: MakeKey) -> None:
    tenants = []

    def remember(_response: Any) -> Any:
        tenants.append(caller().tenant)
        return _response

    secured.after_request(remember)
    client = secured.test_client()
    client.get("/v1/decks")
    client.get("/v1/decks", headers={"Authorization": f"Bearer {make_key('quiz:take')}"})
    assert tenants == [None, "school"]


def test_a_bad_key_is_refused_where_none_is_needed(secured: Flask, make_key: MakeKey) -> None:
    client = secured.test_client()
    for key in ("nonsense", make_key("compute", revoked=True)):
        response = client.get("/v1/shapes", headers={"Authorization": f"Bearer {key}"})
        assert response.get_json()["code"] == "unauthenticated"


def test_unless_the_settings_say_so(make_app: MakeApp, deck_url: str, make_key: MakeKey) -> None:
    client = make_app(mode="secured", anonymous="none", database_url=deck_url).test_client()
    assert client.get("/v1/shapes").status_code == 401
    for path in ("/", "/livez", "/readyz", "/docs", "/openapi.yaml", "/errors"):
        assert client.get(path).status_code == 200
    headers = {"Authorization": f"Bearer {make_key('compute')}"}
    assert client.get("/v1/shapes", headers=headers).status_code == 200
    assert client.get("/v1/decks", headers=headers).get_json()["code"] == "missing_scope"


def test_without_a_database_a_key_is_503(make_app: MakeApp, make_key: MakeKey) -> None:
    client = make_app(
        mode="secured", anonymous="none", database_url="sqlite:////proc/x.db"
    ).test_client()
    headers = {"Authorization": f"Bearer {make_key('compute')}"}
    response = client.get("/v1/shapes", headers=headers)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "1")


def test_shapes_open_no_database(make_app: MakeApp) -> None:
    app = make_app(mode="secured", database_url="sqlite:////proc/x.db")
    assert app.test_client().get("/v1/shapes").status_code == 200
    with app.app_context():
        services().close()
