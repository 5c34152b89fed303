"""Citing over HTTP: anyone may, nobody can fill or change anything, and another machine can check."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from pfgraph.errors import TooManyCitations
from pfgraph.releases import archive, restoring
from pfgraph.releases.shelf import Shelf
from pfgraph.web.citing import Pace
from sites import Client, serving
from test_history import named

QUERY = "SELECT ?s ?name { ?s ?p ?name } ORDER BY ?name"
KEPT_FOR_EVER = ("bib", "csl", "ris", "txt", "json")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a home with a release."""
    named(tmp_path / "home", "鳥取市")
    return tmp_path / "home"


@pytest.fixture
def client(home: Path) -> Iterator[Client]:
    """Lend a client of a site."""
    with serving(home, citations_per_hour=3) as client:
        yield client


def cite(client: Client, query: str = QUERY, **fields: str) -> httpx.Response:
    """Return the response to making a citation."""
    headers = {"Accept": fields.pop("accept", "application/json")}
    return client.request("POST", "/cite", data={"query": query, **fields}, headers=headers)


def verification(client: Client, response: httpx.Response) -> dict[str, str]:
    """Return what asking again led to."""
    found: dict[str, str] = client.get(f"/cite/{response.json()['key']}", "application/json").json()["verification"]
    return found


def test_a_citation_is_made(client: Client) -> None:
    """The first time it is created, at an address of its own."""
    response = cite(client)

    assert response.status_code == 201
    assert response.headers["location"] == f"/cite/{response.json()['key']}"


def test_the_same_query_on_the_same_release_has_the_same_iri(client: Client) -> None:
    """The second time nothing is created."""
    first, second = cite(client), cite(client, QUERY + "\r\n")

    assert second.status_code == 200
    assert second.json() == first.json()


def test_a_citation_holds(client: Client) -> None:
    """Asked again on its release, the result has the digest it had."""
    assert verification(client, cite(client))["outcome"] == "holds"


@pytest.mark.parametrize("query", ["ASK { ?s ?p ?o }", "CONSTRUCT WHERE { ?s ?p ?o }", "DESCRIBE ?s { ?s ?p ?o }"])
def test_every_form_of_query_is_cited(client: Client, query: str) -> None:
    """Booleans and graphs have digests as solutions have."""
    assert verification(client, cite(client, query))["outcome"] == "holds"


def test_a_citation_holds_after_later_releases(client: Client, home: Path) -> None:
    """A later release does not touch what was cited of an earlier one, and pruning does not remove it."""
    response = cite(client)
    for name in "abc":
        named(home, name)
    shelf = Shelf(home)
    with shelf.writing():
        shelf.prune(1)

    assert verification(client, response)["outcome"] == "holds"


def test_an_earlier_release_is_cited(client: Client, home: Path) -> None:
    """A form names the release whose answer is to be cited."""
    old = Shelf(home).current_id() or ""
    named(home, "b")

    assert cite(client, release=old).json()["release"] == old


def test_a_digest_that_does_not_hold_is_told(client: Client, home: Path) -> None:
    """A record whose digest is another one is told to differ, on the page as well."""
    response = cite(client)
    path = home / "citations" / f"{response.json()['key']}.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "digest": "0" * 64}))
    page = client.get(f"/cite/{path.stem}", "text/html", headers={"Accept-Language": "en"})

    assert verification(client, response)["outcome"] == "differs"
    assert "not the one that was cited" in page.text


def test_a_citation_verifies_on_another_home_from_a_backup(client: Client, home: Path, tmp_path: Path) -> None:
    """Restored elsewhere, a citation has the same IRI, and holds."""
    response = cite(client)
    archive.backup(Shelf(home), tmp_path / "backup")
    restoring.restore(tmp_path / "backup", Shelf(tmp_path / "other"))
    with serving(tmp_path / "other") as other:
        assert verification(other, response)["outcome"] == "holds"
        assert cite(other).json() == response.json()


def test_without_its_release_a_citation_is_unchecked(client: Client, home: Path, tmp_path: Path) -> None:
    """Where the release is not at hand, the page says so and still says what was cited."""
    response = cite(client)
    elsewhere = tmp_path / "elsewhere"
    named(elsewhere, "b")
    (elsewhere / "citations").mkdir()
    name = f"{response.json()['key']}.json"
    (elsewhere / "citations" / name).write_bytes((home / "citations" / name).read_bytes())
    with serving(elsewhere) as other:
        assert verification(other, response)["outcome"] == "unchecked"
        assert other.get(f"/cite/{name[:-5]}", "text/html").status_code == 200


def test_a_browser_is_led_to_the_page(client: Client) -> None:
    """A form that was sent leads to the citation, so that reloading sends nothing again."""
    response = cite(client, accept="text/html")

    assert response.status_code == 303
    assert client.get(response.headers["location"], "text/html").status_code == 200


@pytest.mark.parametrize("name", KEPT_FOR_EVER)
def test_a_citation_comes_in_every_form(client: Client, name: str) -> None:
    """By suffix, each form names the permanent IRI."""
    made = cite(client).json()
    found = client.get(f"/cite/{made['key']}.{name}")

    assert found.status_code == 200
    assert made["iri"] in found.text
    assert made["iri"] in found.headers["link"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("SELECT (NOW() AS ?x) {}", 400),
        ("SELECT", 400),
        ("", 400),
        ("SELECT * { SERVICE <urn:x> {} }", 403),
        (f"ASK {{ # {'x' * 20_000}\n}}", 413),
        ("INSERT DATA { <urn:a> <urn:b> 1 }", 400),
    ],
)
def test_what_cannot_be_cited_is_refused(client: Client, home: Path, query: str, status: int) -> None:
    """What changes by itself, is no query or too long is refused, and nothing is kept."""
    assert cite(client, query).status_code == status
    assert not list(home.glob("citations/*.json"))
    assert not list(home.glob("cited/*"))


@pytest.mark.parametrize("release", ["0123456789abcdef", "../../etc", "current", "版"])
def test_an_unknown_release_cannot_be_cited(client: Client, release: str) -> None:
    """There is nothing to cite of what is not there."""
    assert cite(client, release=release).status_code == 404


def test_one_client_makes_so_many_an_hour(client: Client) -> None:
    """More are refused with the time to wait; what is there already is still returned."""
    made = [cite(client, f"ASK {{}} # {n}").status_code for n in range(4)]
    refused = cite(client, "ASK {} # 9")

    assert made == [201, 201, 201, 429]
    assert int(refused.headers["retry-after"]) > 0
    assert cite(client, "ASK {} # 0").status_code == 200


def test_the_pace_forgets_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients do not pile up in memory; and an hour later one may cite again."""
    pace, now = Pace(1), [0.0]
    monkeypatch.setattr("pfgraph.web.citing.time.monotonic", lambda: now[0])
    for client in range(10_010):
        pace.step(str(client))
    with pytest.raises(TooManyCitations):
        pace.step("10009")
    now[0] = 3601.0
    pace.step("10009")

    assert len(pace._clients) <= 10_000


def test_no_more_than_the_limit_are_kept(home: Path) -> None:
    """A full home says so, and says what to do."""
    with serving(home, max_citations=1) as client:
        assert [cite(client, f"ASK {{}} # {n}").status_code for n in range(2)] == [201, 507]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_a_citation_cannot_be_changed(client: Client, method: str) -> None:
    """There is no way to change or remove one."""
    key = cite(client).json()["key"]

    assert client.request(method, f"/cite/{key}").status_code == 405
    assert client.request(method, "/cite").status_code == 405


@pytest.mark.parametrize("key", ["aaaaaaaaaaaa", "x", "..%2f..%2fcurrent", "aaaaaaaaaaaa.exe"])
def test_an_unknown_citation_is_not_found(client: Client, key: str) -> None:
    """Nothing but a citation answers."""
    assert client.get(f"/cite/{key}").status_code == 404


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("query", ["SELECT ('<script>' AS ?x) {}"])
def test_pages_have_no_script(client: Client, query: str, language: str) -> None:
    """What was asked is text on the page, whatever it says; and nothing is loaded."""
    key = cite(client, query).json()["key"]
    for path in ("/cite", f"/cite/{key}"):
        text = client.get(path, "text/html", headers={"Accept-Language": language}).text

        assert "<script" not in text
        assert f'lang="{language}"' in text
