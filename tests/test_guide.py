"""The page that documents the contract shows real requests and real answers."""

from __future__ import annotations

import html
import re

import pytest

from pfgraph.web.guide import asked
from sites import Client

REQUEST = re.compile(r"<code>(curl .*?)</code>", re.DOTALL)
ANSWER = re.compile(r'data-asked="([a-z]+)"><code>(.*?)</code>', re.DOTALL)
STATUS = re.compile(r"(?:応答|Answer): (\d+) <code>(.*?)</code>")


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_page_shows_what_is_answered(shipped: Client, lang: str) -> None:
    """Each request on the page, put again, has the status, the type and the first lines that the page shows."""
    page = shipped.get(f"/docs/jsonld?lang={lang}", "text/html").text
    commands = [html.unescape(each) for each in REQUEST.findall(page)]
    answers = [html.unescape(text) for _, text in ANSWER.findall(page)]
    statuses = [(int(status), html.unescape(kind)) for status, kind in STATUS.findall(page)]

    assert len(commands) == len(answers) == len(statuses) == len(asked())
    for command, answer, (status, kind) in zip(commands, answers, statuses, strict=True):
        address = re.search(r"'(http://test[^']*)'$", command)
        accept = re.search(r"-H 'Accept: ([^']*)'", command)
        assert address is not None
        response = shipped.get(address[1], accept[1] if accept else None)
        lines = response.text.splitlines()
        assert (response.status_code, response.headers["content-type"]) == (status, kind)
        assert answer.splitlines() == lines[: len(answer.splitlines())]
        assert len(answer.splitlines()) >= min(len(lines), 20)


def test_the_page_is_short(shipped: Client) -> None:
    """The page is no longer than any page may be."""
    assert len(shipped.get("/docs/jsonld", "text/html").content) < 60 * 1024


def test_the_page_asks_what_there_is(shipped: Client) -> None:
    """All but the one that shows an error are answered by 200."""
    statuses = {each.key: shipped.get(each.path, each.accept or None).status_code for each in asked()}

    assert {key for key, status in statuses.items() if status != 200} == {"problem"}
