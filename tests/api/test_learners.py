"""Learners' tokens: signed here or by a registered issuer; nothing else opens anything."""

import hmac
import json
import random
import ssl
import subprocess
import sys
import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from service.api.context import EXTENSION
from service.integrations.jwks import KeySets, NoKeys, fetch, read
from service.store import Database, issuers, signing, tenants, users

MakeApp = Callable[..., Any]
ISSUER, AUDIENCE, JWKS = "https://id.school.example", "convcards", "https://id.school.example/jwks"
KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
OTHER = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
CURVE = ECKey.generate_key("P-256", {"kid": "two"})


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def get(client: Any, token: str, path: str = "/v1/users/me/answers") -> tuple[int, str]:
    response = client.get(path, headers=bearer(token))
    return response.status_code, response.get_json().get("code", "")


@pytest.fixture
def token(secured: Any, make_key: Callable[..., str]) -> Callable[..., str]:
    """Makes tokens of Ann's with a key of the school."""
    key = make_key("quiz:take", "act:users")

    def make(**body: Any) -> str:
        made = secured.test_client().post(
            "/v1/users/ann/token", headers=bearer(key), **({"json": body} if body else {})
        )
        assert made.status_code == 201, made.text
        assert made.get_json()["user"] == "ann"
        text: str = made.get_json()["token"]
        return text

    return make


def test_me_is_whoever_the_token_was_made_for(secured: Any, token: Callable[..., str]) -> None:
    client = secured.test_client()
    wish = {"template": "conv-output-size"}
    asked = client.post("/v1/users/me/questions", json=wish, headers=bearer(token()))
    assert asked.status_code == 201
    answers = asked.get_json()["links"]["answers"]
    sent = client.post(answers, json={"response": "7"}, headers=bearer(token()))
    assert sent.status_code == 201
    known = client.get("/v1/users/me", headers=bearer(token())).get_json()
    assert (known["user"], known["links"]["self"]) == ("ann", "/v1/users/me")
    assert get(client, token()) == (200, "")


def test_a_token_says_nothing_about_a_person(token: Callable[..., str]) -> None:
    middle = token().split(".")[1]
    claims = json.loads(urlsafe_b64decode(middle + "=="))
    assert "ann" not in json.dumps(claims)
    assert claims["exp"] - claims["iat"] == 3600


def test_it_ends(secured: Any, token: Callable[..., str], noon: datetime) -> None:
    made, services = token(expires_in=60), secured.extensions[EXTENSION]
    client = secured.test_client()
    services.clock = lambda: noon + timedelta(seconds=59)
    assert get(client, made) == (200, "")
    services.clock = lambda: noon + timedelta(seconds=60)
    assert get(client, made) == (401, "unauthenticated")


def test_in_local_mode_it_says_who_calls(client: Any) -> None:
    made = client.post("/v1/users/ann/token").get_json()["token"]
    assert client.get("/v1/users/me", headers=bearer(made)).get_json()["user"] == "ann"
    assert client.get("/v1/users/ann", headers=bearer(made)).status_code == 404
    assert get(client, made[:-4] + "AAAA") == (401, "unauthenticated")


def test_what_was_changed_opens_nothing(
    secured: Any, deck_url: str, token: Callable[..., str]
) -> None:
    made = token()
    head, claims, signature = made.split(".")
    client = secured.test_client()

    def part(value: Any) -> str:
        return encoded(json.dumps(value).encode())

    header, said = (json.loads(urlsafe_b64decode(text + "==")) for text in (head, claims))
    public = KEY.as_dict(private=False)
    database = Database(deck_url)
    with database.read() as session:
        secret = signing.current(session)
    database.close()
    assert secret is not None
    elsewhere = OctKey.import_key(bytes(32))
    forged = [
        f"{head}.{part({**said, 'tenant': 'college'})}.{signature}",
        f"{part({**header, 'alg': 'none'})}.{claims}.",
        f"{part({**header, 'alg': 'none'})}.{claims}.{signature}",
        f"{part({**header, 'kid': 'x'})}.{claims}.{signature}",
        f"{part({**header, 'kid': None})}.{claims}.{signature}",
        jwt.encode(header, said, elsewhere),
        jwt.encode({"alg": "RS256", "kid": header["kid"]}, said, KEY),
        jwt.encode({**header, "jwk": public}, said, elsewhere),
        f"{head}.{claims}.",
        f"{head}.{claims}.{signature}.x",
        "..",
        "a.b.c",
        f"{part([])}.{claims}.{signature}",
        f"{part(header)}.{part('x')}.{signature}",
    ]
    for number, text in enumerate(forged):
        assert get(client, text) == (401, "unauthenticated"), number
    assert get(client, made) == (200, "")


def test_signing_keys_are_rotated(
    secured: Any, deck_url: str, token: Callable[..., str], noon: datetime
) -> None:
    old, database, client = token(), Database(deck_url), secured.test_client()
    rng = random.SystemRandom()
    with database.write() as session:
        signing.rotate(session, overlap=timedelta(minutes=10), now=noon, rng=rng)
    new = token()
    assert new.split(".")[0] != old.split(".")[0]
    for text in (old, new):
        assert get(client, text) == (200, "")
    services = secured.extensions[EXTENSION]
    services.clock = lambda: noon + timedelta(minutes=10)
    assert get(client, old) == (401, "unauthenticated")
    assert get(client, new) == (200, "")
    database.close()


def test_the_signing_key_of_the_settings(make_app: MakeApp, deck_url: str) -> None:
    def client(*given: str) -> Any:
        return make_app(mode="local", database_url=deck_url, token_key=given).test_client()

    first, second = "a" * 32, "b" * 40
    made = client(first).post("/v1/users/ann/token").get_json()["token"]
    assert get(client(first), made) == (200, "")
    assert get(client(second, first), made) == (200, "")
    assert get(client(second), made) == (401, "unauthenticated")
    assert get(client(), made) == (401, "unauthenticated")
    database = Database(deck_url)
    with database.read() as session:
        assert signing.current(session) is None
    database.close()


def test_a_learner_chooses_no_exam_s_seed(secured: Any, token: Callable[..., str]) -> None:
    client, headers = secured.test_client(), bearer(token())
    for path, body in (
        ("quizzes", {"length": 2, "mode": "exam", "seed": 1}),
        (
            "reviews",
            {"card": "cnn-pyramid", "rating": "easy", "reviewed_at": "2026-11-20T12:00:00Z"},
        ),
    ):
        refused = client.post(f"/v1/users/me/{path}", json=body, headers=headers)
        assert (refused.status_code, refused.get_json()["code"]) == (403, "missing_scope")
    for body in ({"length": 2, "mode": "exam"}, {"length": 2, "seed": 1}):
        assert client.post("/v1/users/me/quizzes", json=body, headers=headers).status_code == 201


class Fetched:
    """Stands where keys are fetched: counts, and answers with what it was given."""

    def __init__(self, *keys: Any) -> None:
        self.keys: tuple[Any, ...] | None = keys
        self.asked: list[str] = []

    def __call__(self, address: str) -> bytes:
        self.asked.append(address)
        if self.keys is None:
            raise NoKeys("away")
        return json.dumps({"keys": [key.as_dict(private=False) for key in self.keys]}).encode()


@pytest.fixture
def fetched(secured: Any, deck_url: str, noon: datetime) -> Fetched:
    """The keys of the school's issuer, which is registered."""
    made = Fetched(KEY, CURVE)
    secured.extensions[EXTENSION].key_sets = KeySets(made)
    database = Database(deck_url)
    with database.write() as session:
        tenants.ensure(session, "school", name="School", now=noon)
        issuers.put(
            session,
            "school",
            issuer=ISSUER,
            audience=AUDIENCE,
            jwks_uri=JWKS,
            algorithms=("RS256", "ES256"),
            now=noon,
        )
    database.close()
    return made


def encoded(value: bytes) -> str:
    return urlsafe_b64encode(value).decode().rstrip("=")


def foreign(
    noon: datetime, key: Any = KEY, head: Any = None, signed_by: bytes = b"", **claims: Any
) -> str:
    at = int(noon.timestamp())
    said = {"iss": ISSUER, "aud": AUDIENCE, "sub": "ann", "iat": at, "exp": at + 600} | claims
    said = {name: value for name, value in said.items() if value is not None}
    header = {"alg": "RS256", "kid": "one"} | (head or {})
    if signed_by:  # the library itself would not take a public key for a secret
        text = ".".join(encoded(json.dumps(part).encode()) for part in (header, said))
        return f"{text}.{encoded(hmac.digest(signed_by, text.encode(), 'sha256'))}"
    return jwt.encode(header, said, key, algorithms=[header["alg"]])


def test_an_issuer_says_who_a_learner_is(secured: Any, fetched: Fetched, noon: datetime) -> None:
    client = secured.test_client()
    made = foreign(noon)
    asked = client.post("/v1/users/me/questions", json={}, headers=bearer(made)).get_json()
    for text in (
        foreign(noon, CURVE, {"alg": "ES256", "kid": "two"}),
        foreign(noon, aud=["other", AUDIENCE]),
        foreign(noon, exp=int(noon.timestamp()) - 59),
        foreign(noon, iat=int(noon.timestamp()) + 59),
    ):
        assert get(client, text, asked["links"]["self"]) == (200, "")
    for name in ("bob", "nobody"):
        assert get(client, foreign(noon, sub=name), asked["links"]["self"])[0] == 404
    assert fetched.asked == [JWKS]
    with secured.extensions[EXTENSION].database.read() as session:
        assert users.find(session, "school", "ann")
        assert users.find(session, "school", "bob") is None


def test_what_an_issuer_did_not_say(secured: Any, fetched: Fetched, noon: datetime) -> None:
    at = int(noon.timestamp())
    confused = foreign(noon, head={"alg": "HS256"}, signed_by=KEY.as_pem(private=False))
    spoilt = [
        foreign(noon, OTHER),
        foreign(noon, OTHER, {"jku": "https://evil.example/jwks"}),
        foreign(noon, OTHER, {"jwk": OTHER.as_dict(private=False)}),
        confused,
        foreign(noon, KEY, {"alg": "RS512"}),
        foreign(noon, iss="https://id.school.example/"),
        foreign(noon, iss="https://evil.example"),
        foreign(noon, aud="another"),
        foreign(noon, aud=["x", "y"]),
        foreign(noon, exp=at - 60),
        foreign(noon, iat=at + 61),
        foreign(noon, nbf=at + 61),
        foreign(noon, exp="tomorrow"),
        foreign(noon, sub=7),
        foreign(noon, sub=""),
        foreign(noon, sub="a\nb"),
        foreign(noon, sub="a" * 201),
        *(foreign(noon, **{name: None}) for name in ("iss", "aud", "exp", "iat", "sub")),
    ]
    client = secured.test_client()
    for number, text in enumerate(spoilt):
        assert get(client, text) == (401, "unauthenticated"), number
    assert set(fetched.asked) == {JWKS}


def test_the_last_good_keys_are_kept(secured: Any, fetched: Fetched, noon: datetime) -> None:
    services, client = secured.extensions[EXTENSION], secured.test_client()
    moments = [noon]
    services.clock = lambda: moments[-1]
    known = "/v1/users/me/questions"

    def ask(key: Any = KEY) -> int:
        made = foreign(moments[-1], key, {"kid": key.kid})
        status: int = client.post(known, json={}, headers=bearer(made)).status_code
        return status

    assert ask() == 201
    fetched.keys = None
    moments.append(noon + timedelta(hours=1))
    assert ask() == 201
    assert len(fetched.asked) == 2
    third = RSAKey.generate_key(2048, {"kid": "three"})
    assert ask(third) == 401
    assert ask(third) == 401
    assert len(fetched.asked) == 2
    fetched.keys = (third,)
    moments.append(moments[-1] + timedelta(seconds=30))
    assert ask(third) == 201
    assert ask() == 401


def test_no_keys_at_all_is_503(secured: Any, fetched: Fetched, noon: datetime) -> None:
    fetched.keys = None
    assert get(secured.test_client(), foreign(noon)) == (503, "service_unavailable")


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"keys": 1}', b'{"keys": [1, {"kty": "RSA", "n": "x"}]}']
)
def test_sets_without_a_key_that_can_be_used(body: bytes) -> None:
    with pytest.raises(NoKeys):
        read(body)
    with pytest.raises(NoKeys):
        read(json.dumps({"keys": [OctKey.generate_key().as_dict()]}).encode())


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A real https server on this machine, and the certificate to trust for it."""
    folder = tmp_path_factory.mktemp("tls")
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(7)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(private, hashes.SHA256())
    )
    chain, secret = folder / "cert.pem", folder / "key.pem"
    chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status = {"/moved": 302, "/gone": 404}.get(self.path, 200)
            self.send_response(status)
            self.send_header("Location", "/jwks")
            self.end_headers()
            body = json.dumps({"keys": [KEY.as_dict(private=False)]}).encode()
            self.wfile.write(b"x" * 2**20 if self.path == "/large" else body)

        def log_message(self, *_args: Any) -> None:
            pass

    served = HTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, secret)
    served.socket = context.wrap_socket(served.socket, server_side=True)
    thread = threading.Thread(target=served.serve_forever)
    thread.start()
    yield f"https://localhost:{served.server_port}", chain
    served.shutdown()
    thread.join()
    served.server_close()


def test_keys_are_fetched_over_https(
    server: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    base, chain = server
    monkeypatch.setenv("SSL_CERT_FILE", str(chain))
    assert [key.kid for key in read(fetch(f"{base}/jwks")).keys] == ["one"]
    for path in ("moved", "gone", "large"):
        with pytest.raises(NoKeys):
            fetch(f"{base}/{path}")


def test_and_over_nothing_else(server: tuple[str, Path]) -> None:
    base, _ = server
    for address in (
        f"{base}/jwks",  # whose certificate nobody vouches for here
        base.replace("https", "http"),
        "file:///etc/passwd",
        "https://localhost:1/jwks",
        "https:///jwks",
    ):
        with pytest.raises(NoKeys):
            fetch(address)


def test_serving_without_tokens_imports_no_library_for_them() -> None:

    program = "import sys, service.app; service.app.create_app(); print('joserfc' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert done.stdout == "False\n"
