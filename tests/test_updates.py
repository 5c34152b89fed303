"""Updates over HTTP: SPARQL 1.1 Update and its protocol, and what a write leads to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

import pytest
from pyoxigraph import CanonicalizationAlgorithm, Dataset, RdfFormat, Store, parse

from pfgraph.namespaces import GRAPH
from pfgraph.releases.shelf import Shelf
from pfgraph.web import site
from writing import PREFIXES, Writer, writable

LOCAL = GRAPH["local"].value
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
DIRECT = {"Content-Type": "application/sparql-update"}


@pytest.fixture(scope="module")
def writer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Writer]:
    """Lend a writer to a release whose default graph is what the named graphs say."""
    with writable(tmp_path_factory.mktemp("home")) as found:
        yield found


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Writer]:
    """Lend a writer to a release with plain dataset semantics, as W3C's tests take it."""
    with writable(tmp_path_factory.mktemp("plain"), plain_dataset=True) as found:
        yield found


# ---- what a write leads to


def test_an_update_leads_to_a_new_release(writer: Writer) -> None:
    """What was inserted is in the release that ETag and Location name, which is the current one."""
    before = writer.release().id
    answer = writer.update("INSERT DATA { GRAPH :new { :a :p 1 } }")

    assert answer.status_code == 200, answer.text
    assert answer.json()["release"] == writer.release().id != before
    assert answer.headers["etag"] == f'"{writer.release().id}"'
    assert answer.headers["location"] == f"http://test/releases/{writer.release().id}"
    assert writer.ask("GRAPH :new { :a :p 1 } :a :p 1")


def test_whoever_has_written_reads_what_was_written(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a write nobody relies on an earlier look at which release is current."""
    monkeypatch.setattr(site, "_LOOK_S", 3600.0)
    before = writer.release().id
    writer.client.app.site.look()
    assert writer.release().id == before
    answer = writer.update("INSERT DATA { GRAPH :read { :a :read 1 } }")

    assert writer.release().id == answer.json()["release"] != before
    # As ever for the tests that follow.
    writer.client.app.site.look()


def test_what_changes_nothing_makes_no_release(writer: Writer) -> None:
    """An insertion of what is there already answers with the current release."""
    writer.update("INSERT DATA { GRAPH :same { :a :p 1 } }")
    before = writer.release().id
    answer = writer.update("INSERT DATA { GRAPH :same { :a :p 01 } }")

    assert answer.json() == {**answer.json(), "changed": False, "release": before}
    assert writer.release().id == before


def test_equal_content_has_equal_ids(writer: Writer) -> None:
    """A change that is taken back leads to the release there was, and its digest verifies."""
    writer.update("INSERT DATA { GRAPH :undo { :a :p 0 } }")
    before = writer.release().id
    writer.update("INSERT DATA { GRAPH :undo { :a :p 1, 2 } :b :p 3 }")
    writer.update(f"DELETE DATA {{ GRAPH :undo {{ :a :p 1, 2 }} :b :p 3 }}; DROP SILENT GRAPH <{LOCAL}>")

    assert writer.release().id == before


def test_a_written_release_verifies(writer: Writer) -> None:
    """The digest that was kept up to date is the one computed in full."""
    writer.update("INSERT { GRAPH :v { ?s :q ?o , [] } } WHERE { ?s ?p ?o }")
    writer.update("DELETE { GRAPH ?g { ?s ?p ?o } } WHERE { GRAPH ?g { ?s ?p ?o } FILTER(isLiteral(?o)) }")

    assert list(writer.release().faults()) == []


def test_the_default_graph_is_what_the_named_graphs_say(writer: Writer) -> None:
    """After any write the default graph is the set union of the named graphs."""
    writer.update("INSERT DATA { GRAPH :one { :u :p 1, 2 } GRAPH :two { :u :p 2, 3 } :u :p 3, 4 }")
    writer.update("DELETE DATA { GRAPH :one { :u :p 1, 2 } :u :p 3, 4 }; MOVE :two TO :three")
    quads = list(Store.read_only(str(writer.release().store_path)))
    named = {quad.triple for quad in quads if str(quad.graph_name) != "DEFAULT"}

    assert {quad.triple for quad in quads if str(quad.graph_name) == "DEFAULT"} == named
    assert writer.ask("FILTER NOT EXISTS { :u :p 1 } FILTER NOT EXISTS { :u :p 4 } :u :p 2, 3")


def test_what_is_added_to_the_default_graph_is_local(writer: Writer) -> None:
    """A write to the default graph goes to the graph of local additions."""
    writer.update("INSERT DATA { :here :p 1 }")

    assert writer.ask(f"GRAPH <{LOCAL}> {{ :here :p 1 }} :here :p 1")


def test_what_a_named_graph_states_is_not_deleted_from_the_default_graph(writer: Writer) -> None:
    """Such a deletion would have no effect: it is refused with the name of the graph."""
    writer.update("INSERT DATA { GRAPH :stating { :stated :p 1 } }")
    answer = writer.update("DELETE WHERE { :stated ?p ?o }")

    assert answer.status_code == 409
    assert "http://example.org/stating" in answer.json()["en"]["expected"]
    assert writer.ask(":stated :p 1")


@pytest.mark.parametrize("name", ["derived", "metadata"])
def test_what_follows_cannot_be_written(writer: Writer, name: str) -> None:
    """The graphs of derived facts and of numbers take no writes: 409."""
    answer = writer.update(f"INSERT DATA {{ GRAPH <{GRAPH[name].value}> {{ :a :p 1 }} }}")

    assert answer.status_code == 409


def test_if_match_keeps_two_editors_apart(writer: Writer) -> None:
    """A write on a release that is not current any more answers 412 with the current one."""
    seen = writer.release().id
    writer.update("INSERT DATA { :first :p 1 }")
    answer = writer.update("INSERT DATA { :second :p 1 }", **{"If-Match": f'"{seen}"'})

    assert answer.status_code == 412
    assert answer.headers["etag"] == f'"{writer.release().id}"'
    assert not writer.ask(":second :p 1")


@pytest.mark.parametrize("tag", ['"{0}"', '"{0}-0123456789abcdef01234567"', "*", '"0000000000000000", "{0}"'])
def test_if_match_lets_the_current_release_pass(writer: Writer, tag: str) -> None:
    """The release itself, the tag of an answer from it, any of a list, and * match."""
    text = f"INSERT DATA {{ :tagged :p {hash(tag)} }}"
    answer = writer.update(text, **{"If-Match": tag.format(writer.release().id)})

    assert answer.status_code == 200


def test_a_weak_tag_matches_nothing(writer: Writer) -> None:
    """If-Match compares strongly."""
    answer = writer.update("INSERT DATA { :weak :p 1 }", **{"If-Match": f'W/"{writer.release().id}"'})

    assert answer.status_code == 412


def test_what_is_tried_out_is_told_and_not_published(writer: Writer) -> None:
    """A dry run answers with the report and the difference."""
    before = writer.release().id
    answer = writer.update("INSERT DATA { GRAPH :dry { :dry :p 1 } }", "/update?dry-run=true")

    assert answer.status_code == 200
    assert answer.json()["report"]["conforms"] is True
    assert len(answer.json()["added"]) == 2
    assert writer.release().id == before


def test_a_request_is_carried_out_as_a_whole_or_not_at_all(writer: Writer) -> None:
    """When a later operation fails, nothing of the earlier ones is published."""
    before = writer.release().id
    answer = writer.update("INSERT DATA { :half :p 1 }; DROP GRAPH :missing")

    assert answer.status_code == 409
    assert writer.release().id == before


@pytest.mark.parametrize(
    "text",
    ["LOAD <http://127.0.0.1:9/x>", "INSERT { ?s ?p ?o } WHERE { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }"],
)
def test_nothing_is_fetched(writer: Writer, text: str) -> None:
    """LOAD and SERVICE are refused before anything is evaluated: 403."""
    assert writer.update(text).status_code == 403


def test_a_deep_pattern_ends_a_cell_and_nothing_else(writer: Writer) -> None:
    """An update that overflows the parser's stack is refused, and the next one is made."""
    deep = "{" * 400_000 + "}" * 400_000
    answer = writer.update(f"INSERT {{ :deep :p 1 }} WHERE {deep}")

    assert answer.status_code in {400, 503}
    assert set(answer.json()) >= {"ja", "en"}
    assert writer.update("INSERT DATA { :after :p 1 }").status_code == 200


def test_updates_in_a_queue_are_all_made(writer: Writer) -> None:
    """Writes that come at once are made one after the other, and none is lost."""
    import asyncio  # noqa: PLC0415

    async def all_at_once() -> list[int]:
        texts = [f"{PREFIXES} INSERT DATA {{ :queued :p {n} }}" for n in range(6)]
        headers = {"Authorization": f"Bearer {writer._token}", **DIRECT}
        asked = [
            writer.client._request("POST", "/update", {"content": text.encode(), "headers": headers}) for text in texts
        ]
        return [answer.status_code for answer in await asyncio.gather(*asked)]

    assert writer.client._run(all_at_once()) == [200] * 6
    assert writer.ask(" ".join(f":queued :p {n} ." for n in range(6)))


def test_a_restart_keeps_what_was_written(tmp_path: Path) -> None:
    """Serving again does not build over a written release, though it was not made from the sources alone."""
    from pfgraph.releases import pipeline  # noqa: PLC0415
    from trees import write_tree  # noqa: PLC0415

    root, home = write_tree(tmp_path / "sources"), tmp_path / "home"
    pipeline.make(root, Shelf(home))
    with writable(home) as editor:
        editor.update("INSERT DATA { :kept :p 1 }")
        written = editor.release().id

    assert pipeline.ensure(root, Shelf(home)).id == written


def test_a_build_from_files_keeps_local_additions(tmp_path: Path) -> None:
    """A release built from the files again has the graphs that no file is."""
    from pfgraph.releases import pipeline  # noqa: PLC0415
    from trees import write_tree  # noqa: PLC0415

    root, home = write_tree(tmp_path / "sources"), tmp_path / "home"
    pipeline.make(root, Shelf(home))
    with writable(home) as editor:
        editor.update("INSERT DATA { government:312011 skos:note 'x'@en }")
    for _ in range(2):
        made = pipeline.make(root, Shelf(home))

    assert made.manifest.graphs[LOCAL] == 1


# ---- the protocol (SPARQL 1.1 Protocol §2.2)


def test_an_update_is_posted_as_a_form(plain: Writer) -> None:
    """The update is the field `update` of a form, decoded once."""
    text = "INSERT DATA { <http://example.org/%E6%9D%B1> <http://example.org/p> 1 }"
    answer = plain.request("POST", "/update", content=urlencode({"update": text}), headers=FORM)

    assert answer.status_code == 200
    assert plain.ask("<http://example.org/%E6%9D%B1> :p 1")


def test_a_relative_iri_has_a_base(plain: Writer) -> None:
    """IRIs of an update are resolved."""
    plain.update("INSERT DATA { :based :p <test> }")

    assert plain.ask(":based :p ?o FILTER(STRENDS(STR(?o), '/test') && STRLEN(STR(?o)) > 5)")


class Refusal(NamedTuple):
    """A request that is refused, and the status it is refused with."""

    method: str
    url: str
    content_type: str
    body: bytes
    status: int


INSERT = b"INSERT DATA { <urn:a> <urn:b> <urn:c> }"
DIRECTLY = "application/sparql-update"
AS_FORM = "application/x-www-form-urlencoded"
REFUSALS = {
    "by-get": Refusal("GET", "/update?update=CLEAR%20ALL", DIRECTLY, b"", 405),
    "in-the-url": Refusal("POST", "/update?update=CLEAR%20ALL", AS_FORM, b"", 400),
    "two-updates": Refusal("POST", "/update", AS_FORM, b"update=CLEAR+NAMED&update=CLEAR+DEFAULT", 400),
    "no-update": Refusal("POST", "/update", AS_FORM, b"", 400),
    "a-query": Refusal("POST", "/update", AS_FORM, b"query=ASK%7B%7D", 400),
    "a-query-directly": Refusal("POST", "/update", DIRECTLY, b"ASK {}", 400),
    "missing-type": Refusal("POST", "/update", "", INSERT, 415),
    "wrong-type": Refusal("POST", "/update", "text/plain", INSERT, 415),
    "form-without-its-type": Refusal("POST", "/update", DIRECTLY, b"update=CLEAR+NAMED", 400),
    "syntax": Refusal("POST", "/update", DIRECTLY, b"CLEAR XYZ", 400),
    "not-utf-8": Refusal("POST", "/update", DIRECTLY, "INSERT DATA { <urn:a> <urn:b> 'é' }".encode("latin-1"), 400),
    "another-charset": Refusal("POST", "/update", f"{DIRECTLY}; charset=utf-16", INSERT.decode().encode("utf-16"), 415),
    "two-datasets": Refusal(
        "POST", "/update?using-graph-uri=urn:g", DIRECTLY, b"INSERT { ?s ?p 1 } USING <urn:h> WHERE { ?s ?p ?o }", 400
    ),
    "dataset-and-with": Refusal(
        "POST",
        "/update?using-named-graph-uri=urn:g",
        DIRECTLY,
        b"WITH <urn:h> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
        400,
    ),
    "graph-not-an-iri": Refusal("POST", "/update?using-graph-uri=g", DIRECTLY, INSERT, 400),
    "blank-node-deleted": Refusal("POST", "/update", DIRECTLY, b"DELETE DATA { _:a <urn:b> 1 }", 400),
    "blank-node-in-two-data": Refusal(
        "POST", "/update", DIRECTLY, b"INSERT DATA { _:a <urn:b> 1 }; INSERT DATA { _:a <urn:b> 1 }", 400
    ),
    "blank-node-in-two-patterns": Refusal(
        "POST",
        "/update",
        DIRECTLY,
        b"DELETE { ?s ?p 1 } WHERE { ?s ?p _:a }; DELETE { ?s ?p 2 } WHERE { ?s ?p _:a }",
        400,
    ),
    "variable-in-data": Refusal("POST", "/update", DIRECTLY, b"INSERT DATA { ?s <urn:b> 1 }", 400),
}


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS.keys())
def test_what_is_no_update_request_is_refused(plain: Writer, refusal: Refusal) -> None:
    """Each is refused with its status, in both languages, and changes nothing."""
    before = plain.release().id
    headers = {"Content-Type": refusal.content_type} if refusal.content_type else {}
    answer = plain.request(refusal.method, refusal.url, content=refusal.body, headers=headers)

    assert answer.status_code == refusal.status, answer.text
    assert set(answer.json()) >= {"ja", "en"}
    assert plain.release().id == before


@pytest.mark.parametrize(
    ("using", "found"),
    [
        ({"using-graph-uri": ["http://example.org/d1"]}, {"1"}),
        ({"using-graph-uri": ["http://example.org/d1", "http://example.org/d2"]}, {"1", "2"}),
        ({"using-named-graph-uri": ["http://example.org/d2"]}, {"named2"}),
        (
            {"using-graph-uri": ["http://example.org/d1"], "using-named-graph-uri": ["http://example.org/d2"]},
            {"1", "named2"},
        ),
    ],
)
def test_the_protocol_gives_the_dataset_of_patterns(
    plain: Writer, using: dict[str, list[str]], found: set[str]
) -> None:
    """`using-graph-uri` and `using-named-graph-uri` say what WHERE looks at, and nothing else is looked at."""
    plain.update("DROP ALL; INSERT DATA { :d :p 0 GRAPH :d1 { :d :p 1 } GRAPH :d2 { :d :p 2 } }")
    text = (
        "INSERT { GRAPH :out { :found :is ?found } } WHERE { { :d :p ?o BIND(STR(?o) AS ?found) } "
        "UNION { GRAPH ?g { :d :p ?o } BIND(CONCAT('named', STR(?o)) AS ?found) } }"
    )
    answer = plain.update(text, f"/update?{urlencode(using, doseq=True)}")

    assert answer.status_code == 200, answer.text
    query = f"{PREFIXES} SELECT ?f WHERE {{ GRAPH :out {{ :found :is ?f }} }}"
    rows = plain.client.get("/sparql", "application/json", params={"query": query}).json()["results"]["bindings"]
    assert {row["f"]["value"] for row in rows} == found


# ---- the language (SPARQL 1.1 Update), with plain dataset semantics


class Case(NamedTuple):
    """A dataset, an update, and the dataset it leads to."""

    before: str
    update: str
    after: str


CASES = {
    "insert-data": Case("", "INSERT DATA { :a :p 1 . GRAPH :g { :a :p 2 } }", ":a :p 1 . :g { :a :p 2 }"),
    "insert-data-with-stops": Case("", "INSERT DATA { GRAPH :g { :a :p 2 } . :a :p 1 . }", ":a :p 1 . :g { :a :p 2 }"),
    "insert-data-again": Case(":a :p 1 .", "INSERT DATA { :a :p 1, 2 }", ":a :p 1, 2 ."),
    "insert-data-blank": Case("", "INSERT DATA { _:x :p [ :q ( 1 2 ) ] }", "_:x :p [ :q ( 1 2 ) ] ."),
    "delete-data": Case(":a :p 1, 2 .", "DELETE DATA { :a :p 1, 3 }", ":a :p 2 ."),
    "delete-data-graph": Case(":a :p 1 . :g { :a :p 1 }", "DELETE DATA { GRAPH :g { :a :p 1 } }", ":a :p 1 ."),
    "delete-where": Case(":a :p 1 . :b :q 2 .", "DELETE WHERE { ?s :p ?o }", ":b :q 2 ."),
    "delete-where-graph": Case(
        ":g { :a :p 1 } :h { :b :p 1 }", "DELETE WHERE { GRAPH :g { ?s :p ?o } }", ":h { :b :p 1 }"
    ),
    "swap": Case(
        ":a :p :b . :c :p :d .", "DELETE { ?s :p ?o } INSERT { ?o :p ?s } WHERE { ?s :p ?o }", ":b :p :a . :d :p :c ."
    ),
    "insert-wins": Case(":a :p 1 .", "DELETE { ?s :p ?o } INSERT { ?s :p ?o } WHERE { ?s :p ?o }", ":a :p 1 ."),
    "insert-from-graph": Case(
        ":g { :a :p 1 }", "INSERT { ?s :q ?o } WHERE { GRAPH :g { ?s :p ?o } }", ":a :q 1 . :g { :a :p 1 }"
    ),
    "graph-variable": Case(
        ":g { :a :p 1 } :h { :b :p 2 }",
        "DELETE { GRAPH ?g { ?s :p ?o } } INSERT { GRAPH ?s { ?s :in ?g } } WHERE { GRAPH ?g { ?s :p ?o } }",
        ":a { :a :in :g } :b { :b :in :h }",
    ),
    "with": Case(
        ":a :p 1 . :g { :a :p 2 }",
        "WITH :g DELETE { ?s :p ?o } INSERT { ?s :q ?o . GRAPH :h { ?s :r ?o } } WHERE { ?s :p ?o }",
        ":a :p 1 . :g { :a :q 2 } :h { :a :r 2 }",
    ),
    "with-and-using": Case(
        ":g { :a :p 1 } :h { :a :p 2 }",
        "WITH :g DELETE { ?s :p 1 } INSERT { ?s :q ?o } USING :h WHERE { ?s :p ?o }",
        ":g { :a :q 2 } :h { :a :p 2 }",
    ),
    "using-hides-named": Case(
        ":g { :a :p 1 } :h { :a :p 2 }",
        "INSERT { ?s :q ?o } USING :g WHERE { { ?s :p ?o } UNION { GRAPH ?x { ?s :p ?o } } }",
        ":a :q 1 . :g { :a :p 1 } :h { :a :p 2 }",
    ),
    "using-named": Case(
        ":g { :a :p 1 } :h { :a :p 2 }",
        "INSERT { ?s :q ?o } USING NAMED :h WHERE { GRAPH ?x { ?s :p ?o } }",
        ":a :q 2 . :g { :a :p 1 } :h { :a :p 2 }",
    ),
    "blank-per-solution": Case(
        ":a :p 1, 2 .",
        "DELETE { ?s :p ?o } INSERT { _:n :of ?o ; :same _:n } WHERE { ?s :p ?o }",
        "_:x :of 1 ; :same _:x . _:y :of 2 ; :same _:y .",
    ),
    "blank-in-two-templates": Case(
        ":a :p 1 .",
        "INSERT { _:n :of ?o } WHERE { ?s :p ?o }; INSERT { _:n :by ?s } WHERE { ?s :p ?o }",
        ":a :p 1 . _:x :of 1 . _:y :by :a .",
    ),
    "blank-in-where": Case(
        "_:x :p 1 . :a :p 2 .", "DELETE { ?s ?p ?o } WHERE { ?s ?p ?o FILTER(isBlank(?s)) }", ":a :p 2 ."
    ),
    "unbound-left-out": Case(
        ":a :p 1 .", "INSERT { ?s :q ?o ; :r ?x } WHERE { ?s :p ?o OPTIONAL { ?s :z ?x } }", ":a :p 1 ; :q 1 ."
    ),
    "no-legal-triple": Case(":a :p 1 .", "INSERT { ?o :q ?s . ?s :q ?o } WHERE { ?s :p ?o }", ":a :p 1 ; :q 1 ."),
    "no-variables": Case(":a :p 1 .", "INSERT { :b :p 1 } WHERE { :a :p 1 }", ":a :p 1 . :b :p 1 ."),
    "empty-where": Case("", "INSERT { :b :p 1 } WHERE {}", ":b :p 1 ."),
    "no-solution": Case(":a :p 1 .", "INSERT { :b :p 1 } WHERE { :a :p 2 }", ":a :p 1 ."),
    "sequence": Case(
        "",
        "INSERT DATA { :a :p 1 }; INSERT { ?s :q ?o } WHERE { ?s :p ?o }; DELETE WHERE { ?s :p ?o };",
        ":a :q 1 .",
    ),
    "prologues": Case(
        "",
        "PREFIX x: <http://example.org/x/> INSERT DATA { x:a :p 1 } ;\n"
        "PREFIX x: <http://example.org/> INSERT DATA { x:b :p 1 }",
        "<http://example.org/x/a> :p 1 . :b :p 1 .",
    ),
    "comments": Case("", "INSERT DATA { # } not the end\n :a :p '}' # nor this\n }", ":a :p '}' ."),
    "subquery": Case(
        ":a :p 1, 2 .",
        "INSERT { :n :count ?n } WHERE { SELECT (COUNT(*) AS ?n) WHERE { ?s :p ?o } }",
        ":a :p 1, 2 . :n :count 2 .",
    ),
    "path": Case(
        ":a :p :b . :b :p :c .", "INSERT { ?x :far ?y } WHERE { ?x :p/:p ?y }", ":a :p :b ; :far :c . :b :p :c ."
    ),
    "filter-exists": Case(
        ":a :p 1 . :b :p 1 ; :q 1 .",
        "DELETE { ?s :p ?o } WHERE { ?s :p ?o FILTER EXISTS { ?s :q ?o } }",
        ":a :p 1 . :b :q 1 .",
    ),
    "minus": Case(
        ":a :p 1 . :b :p 1 ; :q 1 .", "DELETE { ?s :p ?o } WHERE { ?s :p ?o MINUS { ?s :q ?o } }", ":b :p 1 ; :q 1 ."
    ),
    "clear-default": Case(":a :p 1 . :g { :a :p 1 }", "CLEAR DEFAULT", ":g { :a :p 1 }"),
    "clear-named": Case(":a :p 1 . :g { :a :p 1 } :h { :a :p 1 }", "CLEAR NAMED", ":a :p 1 ."),
    "clear-graph": Case(":g { :a :p 1 } :h { :a :p 1 }", "CLEAR GRAPH :g", ":h { :a :p 1 }"),
    "clear-all": Case(":a :p 1 . :g { :a :p 1 }", "CLEAR ALL", ""),
    "clear-missing-silently": Case(":a :p 1 .", "CLEAR SILENT GRAPH :none", ":a :p 1 ."),
    "drop-default": Case(":a :p 1 . :g { :a :p 1 }", "DROP DEFAULT", ":g { :a :p 1 }"),
    "drop-named": Case(":a :p 1 . :g { :a :p 1 }", "DROP NAMED", ":a :p 1 ."),
    "drop-graph": Case(":a :p 1 . :g { :a :p 1 }", "DROP GRAPH :g", ":a :p 1 ."),
    "drop-all": Case(":a :p 1 . :g { :a :p 1 }", "DROP ALL", ""),
    "drop-missing-silently": Case(":a :p 1 .", "DROP SILENT GRAPH :none", ":a :p 1 ."),
    "create": Case(":a :p 1 .", "CREATE GRAPH :g", ":a :p 1 ."),
    "create-silently": Case(":g { :a :p 1 }", "CREATE SILENT GRAPH :g", ":g { :a :p 1 }"),
    "copy": Case(":g { :a :p 1 } :h { :b :p 1 }", "COPY :g TO :h", ":g { :a :p 1 } :h { :a :p 1 }"),
    "copy-default": Case(":a :p 1 . :h { :b :p 1 }", "COPY DEFAULT TO GRAPH :h", ":a :p 1 . :h { :a :p 1 }"),
    "copy-to-default": Case(":a :p 1 . :h { :b :p 1 }", "COPY :h TO DEFAULT", ":b :p 1 . :h { :b :p 1 }"),
    "copy-to-itself": Case(":g { :a :p 1 }", "COPY :g TO :g", ":g { :a :p 1 }"),
    "copy-missing-silently": Case(":h { :b :p 1 }", "COPY SILENT :g TO :h", ":h { :b :p 1 }"),
    "move": Case(":g { :a :p 1 } :h { :b :p 1 }", "MOVE :g TO :h", ":h { :a :p 1 }"),
    "move-default": Case(":a :p 1 . :h { :b :p 1 }", "MOVE DEFAULT TO :h", ":h { :a :p 1 }"),
    "move-to-itself": Case(":g { :a :p 1 }", "MOVE :g TO :g", ":g { :a :p 1 }"),
    "add": Case(":g { :a :p 1 } :h { :b :p 1 }", "ADD :g TO :h", ":g { :a :p 1 } :h { :a :p 1 . :b :p 1 }"),
    "add-to-default": Case(":a :p 1 . :h { :b :p 1 }", "ADD :h TO DEFAULT", ":a :p 1 . :b :p 1 . :h { :b :p 1 }"),
    "language-and-datatype": Case(
        "", "INSERT DATA { :a :p 'x'@en-GB , '1'^^:t , 1.50 , true }", ":a :p 'x'@en-gb , '1'^^:t , 1.5 , true ."
    ),
    "long-string": Case("", 'INSERT DATA { :a :p """a " } b""" }', ':a :p "a \\" } b" .'),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_an_update_does_what_the_specification_says(plain: Writer, case: Case) -> None:
    """The dataset after the update is isomorphic to the one expected."""
    plain.update(f"DROP ALL; INSERT DATA {{ {_quads(case.before)} }}" if case.before else "DROP ALL")
    answer = plain.update(case.update)

    assert answer.status_code == 200, answer.text
    assert _canonical(Store.read_only(str(plain.release().store_path))) == _canonical(_parsed(case.after))


FAILING = [
    "CREATE GRAPH :g",
    "DROP GRAPH :none",
    "CLEAR GRAPH :none",
    "COPY :none TO :g",
    "MOVE :none TO :g",
    "ADD :none TO :g",
]


@pytest.mark.parametrize("text", FAILING)
def test_a_graph_operation_fails_on_what_it_needs(plain: Writer, text: str) -> None:
    """Without SILENT, a graph to create that is there, and one to use that is not, is an error: 409."""
    plain.update("DROP ALL; INSERT DATA { GRAPH :g { :a :p 1 } }")

    assert plain.update(text).status_code == 409
    assert plain.ask("GRAPH :g { :a :p 1 }")


def _parsed(trig: str) -> list[object]:
    head = PREFIXES.replace("PREFIX", "@prefix").replace(">\n", "> .\n")
    return list(parse(head + trig, RdfFormat.TRIG))


def _quads(trig: str) -> str:
    """Return TriG as the quads of INSERT DATA."""
    lines = []
    for quad in _parsed(trig):
        triple, graph = str(quad.triple), str(quad.graph_name)  # type: ignore[attr-defined]
        lines.append(f"{triple} ." if graph == "DEFAULT" else f"GRAPH {graph} {{ {triple} }}")
    return "\n".join(lines)


def _canonical(quads: object) -> list[str]:
    dataset = Dataset(quads)  # type: ignore[arg-type]
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return sorted(map(str, dataset))
