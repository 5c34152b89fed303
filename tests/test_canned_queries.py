"""Canned queries are asked by name, with typed parameters, and described for machines."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from pyoxigraph import QueryResultsFormat, parse_query_results

from sites import Client

PARTICIPANTS = "/queries/participants"


def names(client: Client) -> list[str]:
    """Return the names of the release's queries."""
    return sorted(client.app.site.release().queries())


def test_the_list_has_every_query(shipped: Client) -> None:
    """`/queries` names each query with its title in both languages and its parameters."""
    found = {each["name"]: each for each in shipped.get("/queries").json()}

    assert sorted(found) == names(shipped)
    assert found["participants"]["title"].keys() == {"ja", "en"}
    assert "fiscalYear" in {parameter["name"] for parameter in found["participants"]["parameters"]}


def test_a_query_is_answered_by_its_name(shipped: Client) -> None:
    """`/queries/participants` gives the nine participants of FY2023 as SPARQL results."""
    found = shipped.get(PARTICIPANTS).json()
    listed = {row["name"]["value"] for row in found["results"]["bindings"]}

    assert listed == {
        *("富山県", "仙台市", "北九州市", "福岡市"),
        *("座間市", "飯山市", "生駒市", "鳥取市", "福山市"),
    }


@pytest.mark.parametrize("way", [f"{PARTICIPANTS}.csv", f"{PARTICIPANTS}?format=csv", PARTICIPANTS])
def test_a_query_comes_as_csv(shipped: Client, way: str) -> None:
    """By suffix, by `format=`, or by Accept: the same CSV, under a name to save it by."""
    response = shipped.get(way, "text/csv")
    rows = list(csv.DictReader(io.StringIO(response.text)))

    assert len(rows) == 9
    assert response.headers["content-disposition"] == 'inline; filename="participants.csv"'


@pytest.mark.parametrize(
    ("suffix", "syntax"),
    [("xml", QueryResultsFormat.XML), ("tsv", QueryResultsFormat.TSV), ("json", QueryResultsFormat.JSON)],
)
def test_a_query_comes_in_the_other_forms(shipped: Client, suffix: str, syntax: QueryResultsFormat) -> None:
    """XML, TSV and JSON have the same nine rows."""
    found: Any = parse_query_results(shipped.get(f"{PARTICIPANTS}.{suffix}").content, syntax)

    assert len(list(found)) == 9


def test_excel_reads_the_names(shipped: Client) -> None:
    """`format=excel` begins with a byte order mark, and is saved as .csv."""
    response = shipped.get(f"{PARTICIPANTS}?format=excel")

    assert response.content.startswith(b"\xef\xbb\xbf")
    assert response.headers["content-disposition"] == 'inline; filename="participants.csv"'


def test_names_come_in_the_language_asked_for(shipped: Client) -> None:
    """`lang=en` gives English names; nothing said gives Japanese ones, whatever the browser prefers."""
    english = shipped.get(f"{PARTICIPANTS}.csv?lang=en").text
    silent = shipped.get(f"{PARTICIPANTS}.csv", headers={"Accept-Language": "en"}).text

    assert "Tottori City" in english
    assert "鳥取市" in silent


def test_a_graph_is_framed_json_ld(shipped: Client) -> None:
    """A query that constructs a graph answers in JSON-LD with our context."""
    found = shipped.get("/queries/government.jsonld?code=312011").json()

    assert found["@context"] == "http://test/context/v1.jsonld"
    assert "government:312011" in {node["id"] for node in found["graph"]}


@pytest.mark.parametrize(
    ("url", "parameter"),
    [
        ("/queries/government", "code"),
        ("/queries/government?code=31201", "code"),
        ("/queries/participants?fiscalYear=x", "fiscalYear"),
        ("/queries/participants?lang=fr", "lang"),
        ("/queries/participants?fiscal=2023", "fiscal"),
        ("/queries/participants?fiscalYear=2022&fiscalYear=2023", "fiscalYear"),
        ("/queries/participants?timeout=x", "timeout"),
        ("/queries/participants.docx", "format"),
    ],
)
def test_a_wrong_argument_is_named(shipped: Client, url: str, parameter: str) -> None:
    """A missing, mistyped, unknown or repeated argument is refused by its name."""
    response = shipped.get(url)

    assert response.status_code == 400
    assert response.json()["parameter"] == parameter


def test_an_unknown_query_has_near_names(shipped: Client) -> None:
    """A misspelt name is answered with the one that was probably meant."""
    response = shipped.get("/queries/particpants")

    assert response.status_code == 404
    assert "participants" in response.json()["en"]["try"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_query_is_only_read(shipped: Client, method: str) -> None:
    """Canned queries are asked by GET."""
    response = shipped.request(method, PARTICIPANTS)

    assert response.status_code == 405
    assert response.headers["allow"] == "GET, HEAD, OPTIONS"


def test_the_description_is_openapi(shipped: Client) -> None:
    """`/openapi.json` is OpenAPI 3.1 and has an operation for each query, with typed parameters."""
    found = shipped.get("/openapi.json").json()
    parameters = {p["name"]: p for p in found["paths"][PARTICIPANTS]["get"]["parameters"]}

    assert found["openapi"].startswith("3.1")
    assert {f"/queries/{name}" for name in names(shipped)} <= found["paths"].keys()
    assert parameters["fiscalYear"]["schema"] == {"type": "integer", "default": 2023}
    assert parameters["lang"]["schema"]["enum"] == ["ja", "en"]


def test_the_description_says_what_comes_back(shipped: Client) -> None:
    """Every operation has its forms and its refusals, as problem details."""
    operation = shipped.get("/openapi.json").json()["paths"][PARTICIPANTS]["get"]

    assert {"application/sparql-results+json", "text/csv"} <= operation["responses"]["200"]["content"].keys()
    assert "application/problem+json" in operation["responses"]["400"]["content"]


def test_every_example_is_answered(shipped: Client) -> None:
    """Each example of each query, as the pages link it, has an answer."""
    queries = shipped.app.site.release().queries().values()
    asked = [(query.name, example.arguments) for query in queries for example in query.examples]
    failed = [
        (name, arguments)
        for name, arguments in asked
        if shipped.get(f"/queries/{name}", params=dict(arguments)).status_code != 200
    ]

    assert asked
    assert failed == []


def test_a_page_shows_names_in_place_of_codes(shipped: Client) -> None:
    """On a page, a name leads to what it names, and the column of IRIs is gone."""
    text = shipped.get(PARTICIPANTS, "text/html").text

    assert '<a href="/doc/government/312011">鳥取市</a>' in text
    assert "https://w3id.org/pfgraph/id/government/312011" not in text


OPTION = re.compile(r'<option value="([^"]*)"( selected)?>([^<]*)</option>')


def options(client: Client, path: str, language: str) -> dict[str, str]:
    """Return what a page offers to choose from: the word for each value."""
    page = client.get(path, "text/html", headers={"Accept-Language": language}).text
    return {value: word for value, _, word in OPTION.findall(page)}


def test_a_page_offers_names_and_sends_keys(shipped: Client) -> None:
    """Readers choose a theme or a stage by its name in their language; what is sent stays the key."""
    japanese, english = (options(shipped, "/queries/initiatives", language) for language in ("ja", "en"))

    assert (japanese["hikikomori"], english["hikikomori"]) == ("ひきこもり", "Social withdrawal (hikikomori)")
    assert (japanese["planned"], english["planned"]) == ("予定", "Planned")
    assert japanese[""] == "すべて"


def test_every_value_of_a_concept_has_a_name(shipped: Client) -> None:
    """No page offers a bare key where the release has a concept for it."""
    bare = []
    for name, query in shipped.app.site.release().queries().items():
        offered = options(shipped, f"/queries/{name}", "ja")
        keys = {key for each in query.parameters if each.kind == "concept" for key in each.values}
        assert keys <= offered.keys()
        bare += [(name, key) for key in keys if offered[key] == key]

    assert bare == []


def test_the_value_asked_for_stays_chosen(shipped: Client) -> None:
    """On the page with the answer, the list stands at what was asked."""
    page = shipped.get("/queries/initiatives?stage=planned", "text/html").text

    assert [value for value, chosen, _ in OPTION.findall(page) if chosen] == ["planned"]


def test_a_constructed_graph_begins_with_its_things(shipped: Client) -> None:
    """As JSON-LD a constructed graph has what it is about first, framed, and what is only named after that."""
    nodes = shipped.get("/queries/government.jsonld?code=312011").json()["graph"]
    framed = {each["type"].rpartition("#")[2] for each in shipped.get("/schema").json()}
    told = [bool(framed & {*node.get("type", ())}) for node in nodes]

    assert told == sorted(told, reverse=True)
    assert {*told} == {True, False}
    assert nodes[0]["label"].keys() == {"ja", "en"}
