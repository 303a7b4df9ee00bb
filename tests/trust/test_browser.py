"""P21: markup that somebody stored, or put into an address, never runs in a real browser."""

import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest

from running import PATIENCE, Running, serving

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
RUN = "document.documentElement.setAttribute('data-xss', '1')"
MARKUP = f"""</text></title></pre>"><img src=x onerror="{RUN}"><script>{RUN}</script>"""
RAN = re.compile(r"<(?:html|svg)[^>]*\sdata-xss=")
CARD = {"key": "a", "front": MARKUP, "back": MARKUP, "topics": [MARKUP[:100]]}
ADDRESSES = (
    "/v1/cards/marked.a",
    "/v1/cards/marked.a?format=text",
    "/v1/decks/marked/report.svg",
    "/v1/users/ann/progress.svg",
    f"/errors/{quote(MARKUP[:60], safe='')}",
)


def document(address: str, folder: Path) -> str:
    """The document that a browser has made of an address, its scripts run."""
    assert CHROMIUM is not None
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}"]
    ended = subprocess.run(
        [CHROMIUM, *options, "--dump-dom", address],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    return ended.stdout


def store(server: Running) -> None:
    """The markup, wherever texts of others are kept."""
    deck = {"id": "marked", "title": MARKUP, "description": MARKUP}
    assert server.request("POST", "/v1/decks", deck)[0] == 201
    assert server.request("POST", "/v1/decks/marked/cards", CARD)[0] == 201
    review = {"card": "marked.a", "rating": "good", "reviewed_at": "2026-11-20T09:00:00Z"}
    assert server.request("POST", "/v1/users/ann/reviews", review)[0] == 201


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed here")
def test_markup_is_shown_and_never_run(tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    assert RAN.search(document(f"data:text/html,{quote(MARKUP)}", profile)), "it would not show"
    with serving(tmp_path) as server:
        store(server)
        for path in ADDRESSES:
            shown = document(f"http://127.0.0.1:{server.port}{path}", profile)
            assert len(shown) > 100, path
            assert not RAN.search(shown), path
