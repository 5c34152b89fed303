"""Going back in time: by path for ever the same, by Accept-Datetime as it was on a day."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from pyoxigraph import Literal, Triple

from pfgraph.namespaces import GRAPH, ID, PF, RDF, RDFS, prefixes
from pfgraph.releases.history import Move, created
from pfgraph.releases.release import Release
from pfgraph.releases.shelf import Shelf
from pfgraph.web.memento import http_date
from sites import Client, publish, serving

CITY = ID["government/312011"]
QUERY = f"SELECT ?name {{ <{CITY.value}> <{prefixes()['rdfs']}label> ?name }}"
CANNED = f"""#+ summary: Names
#+ summary_ja: 名称
#+ description: Names.
#+ description_ja: 名称。
#+ tags: [governments]
#+ columns:
#+   name: {{ ja: 名称, en: Name }}
#+ examples:
#+   - {{ title: All, title_ja: すべて, arguments: {{}}, expected: names.1.tsv }}

{QUERY}
ORDER BY ?name
LIMIT 10
"""
FOREVER = "public, max-age=31536000, immutable"
OUT_OF_TIME = "Thu, 01 Jan 1970 00:00:00 GMT"


class Past(NamedTuple):
    """A client of a site with two releases, a day apart."""

    client: Client
    old: Release
    new: Release

    def when(self, release: Release, **later: int) -> dict[str, str]:
        """Return the header that asks for the moment of a release, or some time later."""
        return {"Accept-Datetime": http_date(created(release) + timedelta(**later)), "Accept": "*/*"}


def named(home: Path, name: str) -> Release:
    """Publish a release in which the city has a name."""
    triples = [Triple(CITY, RDF.type, PF.Municipality), Triple(CITY, RDFS.label, Literal(name, language="ja"))]
    return publish(home, {GRAPH.x.value: triples}, {"names": CANNED})


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Past]:
    """Lend a client of a site whose first release was made a day before the second."""
    home: Path = tmp_path_factory.mktemp("home")
    old = named(home, "旧鳥取市")
    manifest = old.path / "manifest.json"
    day = created(old) - timedelta(days=1)
    manifest.write_text(manifest.read_text().replace(old.manifest.created, day.isoformat()))
    new = named(home, "鳥取市")
    shelf = Shelf(home)
    shelf.history.write([Move(day, old.id), *shelf.history.moves()[1:]])
    with serving(home) as client:
        yield Past(client, shelf.get(old.id), new)


PATHS = ["/sparql", "/doc/government/312011", "/queries/names", "/queries"]


def ask(past: Past, path: str, **options: object) -> str:
    """Return the text of an answer; the endpoint is asked for the name."""
    params = {"query": QUERY} if path.endswith("sparql") else {}
    return past.client.get(path, params=params, **options).text


@pytest.mark.parametrize("path", PATHS[:3])
def test_a_release_answers_for_itself(past: Past, path: str) -> None:
    """Under its own address a release says what it said then."""
    assert "旧鳥取市" in ask(past, f"/releases/{past.old.id}{path}")
    assert "旧鳥取市" not in ask(past, f"/releases/{past.new.id}{path}")


@pytest.mark.parametrize("path", PATHS)
def test_what_a_release_says_is_kept_for_ever(past: Past, path: str) -> None:
    """An answer of one release is immutable, and dated."""
    headers = past.client.get(f"/releases/{past.old.id}{path}").headers

    assert headers["cache-control"] == FOREVER
    assert headers["memento-datetime"] == http_date(created(past.old))
    assert headers["pfgraph-release"] == past.old.id


@pytest.mark.parametrize("path", PATHS[:3])
def test_a_moment_is_answered_by_the_release_of_that_moment(past: Past, path: str) -> None:
    """Hours after the first release it still is that one; after the second, the second."""
    assert "旧鳥取市" in ask(past, path, headers=past.when(past.old, hours=3))
    assert "旧鳥取市" not in ask(past, path, headers=past.when(past.new, hours=3))


@pytest.mark.parametrize("path", PATHS)
def test_what_was_chosen_by_date_says_where_it_stays(past: Past, path: str) -> None:
    """Content-Location is the memento's own address; the answer itself is not kept for ever, and varies by date."""
    headers = past.client.get(path, headers=past.when(past.old)).headers

    assert headers["content-location"] == f"http://test/releases/{past.old.id}{path}"
    assert headers["memento-datetime"] == http_date(created(past.old))
    assert "Accept-Datetime" in headers["vary"]
    assert headers["cache-control"] == "no-cache"


def test_before_the_first_release_there_is_the_first(past: Past) -> None:
    """A moment before all releases is answered by the first (RFC 7089 §4.5.3)."""
    found = past.client.get("/queries/names", headers={"Accept-Datetime": OUT_OF_TIME})

    assert found.headers["pfgraph-release"] == past.old.id


def test_a_query_is_posted_into_the_past(past: Past) -> None:
    """POST goes back in time as GET does, without a redirect."""
    found = past.client.request("POST", "/sparql", data={"query": QUERY}, headers=past.when(past.old))

    assert "旧鳥取市" in found.text
    assert found.headers["memento-datetime"] == http_date(created(past.old))


@pytest.mark.parametrize("path", PATHS)
def test_a_resource_names_its_timegate_and_timemap(past: Past, path: str) -> None:
    """Every answer links to the original and the TimeMap; without a date it is no memento."""
    headers = past.client.get(path).headers

    assert f'<http://test{path}>; rel="original timegate"' in headers["link"]
    assert f'<http://test/timemap{path}>; rel="timemap"' in headers["link"]
    assert "memento-datetime" not in headers
    assert "Accept-Datetime" in headers["vary"]


def test_a_memento_links_to_its_neighbours(past: Past) -> None:
    """First and last, before and after are links with their dates."""
    link = past.client.get(f"/releases/{past.old.id}/queries/names").headers["link"]

    assert re.search(rf'/{past.old.id}/queries/names>; rel="first memento"; datetime="', link)
    assert re.search(rf'/{past.new.id}/queries/names>; rel="next last memento"; datetime="', link)


def test_a_timemap_lists_every_memento(past: Past) -> None:
    """A TimeMap in link format has the original, itself and each release, in order."""
    found = past.client.get("/timemap/doc/government/312011")
    mementos = re.findall(r'/releases/(\w+)/doc/government/312011>;rel="[a-z ]*memento"', found.text)

    assert found.headers["content-type"] == "application/link-format"
    assert mementos == [past.old.id, past.new.id]
    assert '<http://test/doc/government/312011>;rel="original timegate"' in found.text


@pytest.mark.parametrize(
    ("path", "present"),
    [
        ("/doc/body/first", ["old"]),
        ("/doc/body/first.ttl", ["old"]),
        ("/doc/body/second", ["new"]),
        ("/doc/body/second.html", ["new"]),
        ("/queries/later", ["new"]),
        ("/queries/later.csv", ["new"]),
        ("/queries", ["old", "new"]),
        ("/sparql", ["old", "new"]),
        ("/doc/body/none", []),
        ("/doc/body/no%20iri%3E", []),
        ("/queries/none", []),
    ],
)
def test_a_timemap_has_only_what_is_there(tmp_path: Path, path: str, present: list[str]) -> None:
    """A release that does not have a thing or a question is not in its TimeMap; what none has, has no TimeMap."""
    first, second = (Triple(ID[f"body/{name}"], RDF.type, PF.CoordinationBody) for name in ("first", "second"))
    named = {
        "old": publish(tmp_path, {GRAPH.x.value: [first]}).id,
        "new": publish(tmp_path, {GRAPH.x.value: [second]}, {"later": CANNED}).id,
    }
    with serving(tmp_path) as client:
        found = client.get(f"/timemap{path}")
        mementos = re.findall(r"/releases/(\w+)/", found.text) if found.status_code == 200 else []
        answers = [client.get(f"/releases/{each}{path}", "*/*").status_code for each in named.values()]

    assert found.status_code == (200 if present else 404)
    assert mementos == [named[each] for each in present]
    # Where the TimeMap says that there is a memento, there is one; and nowhere else.
    assert [status == 200 for status in answers] == [each in present for each in named]


def test_a_memento_links_only_to_what_is_there(tmp_path: Path) -> None:
    """Releases that do not have a thing are passed over: every link leads to an answer."""
    one, two = (Triple(ID[f"body/{name}"], RDF.type, PF.CoordinationBody) for name in ("one", "two"))
    more = Triple(ID["body/one"], RDFS.label, Literal("一", language="ja"))
    graphs = ([two], [one], [two], [one, two], [more, two], [one, more])
    ids = [publish(tmp_path, {GRAPH.x.value: triples}).id for triples in graphs]
    with serving(tmp_path) as client:
        path = f"/releases/{ids[3]}/doc/body/one"
        found = dict(re.findall(r'<http://test([^>]+)>; rel="([a-z ]+) memento"', client.get(path).headers["link"]))
        assert {client.get(each, "*/*").status_code for each in found} == {200}

    assert found == {
        f"/releases/{ids[1]}/doc/body/one": "first prev",
        f"/releases/{ids[4]}/doc/body/one": "next",
        f"/releases/{ids[5]}/doc/body/one": "last",
    }


@pytest.mark.parametrize("path", ["/timemap/ns", "/timemap/", "/timemap/health"])
def test_what_has_no_mementos_has_no_timemap(past: Past, path: str) -> None:
    """Only what there is of every release has a TimeMap."""
    assert past.client.get(path).status_code == 404


@pytest.mark.parametrize("text", ["yesterday", "2024-01-01", "Thu, 31 May 2007 20:35:00 +0900", "99999999999"])
def test_a_date_that_is_none_is_refused(past: Past, text: str) -> None:
    """What is not a date in the form of RFC 1123 is the client's mistake."""
    assert past.client.get("/queries/names", headers={"Accept-Datetime": text}).status_code == 400


@pytest.mark.parametrize("path", PATHS)
def test_an_unknown_release_is_not_found(past: Past, path: str) -> None:
    """What was never published, or is pruned, is 404."""
    assert past.client.get(f"/releases/0123456789abcdef{path}").status_code == 404


def test_the_cache_tells_moments_apart(past: Past) -> None:
    """The same address with another date is another answer, also the second time."""
    names = [ask(past, "/queries/names", headers=past.when(each)) for each in [past.old, past.new] * 2]

    assert ["旧" in name for name in names] == [True, False, True, False]


def test_links_in_the_past_stay_in_the_past(past: Past) -> None:
    """Whoever reads a page of one release goes on in that release; switching the language as well."""
    text = past.client.get(f"/releases/{past.old.id}/doc/government/312011", "text/html").text
    links = re.findall(r'href="(/[^"]*/doc/[^"]*|/doc/[^"]*)"', text)

    assert links
    assert all(link.startswith(f"/releases/{past.old.id}/doc/") for link in links)


def test_every_document_of_a_release_is_at_its_content_location(past: Past) -> None:
    """Content-Location of a document in a release is in that release, and answers the same."""
    found = past.client.get(f"/releases/{past.old.id}/doc/government/312011", "text/turtle")

    assert past.client.get(found.headers["content-location"]).content == found.content
