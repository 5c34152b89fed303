"""Collections: every member of a class once, page by page, as its own document has it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pyld import jsonld
from pyoxigraph import NamedNode, QuerySolutions, RdfFormat, Store, parse

from pfgraph.namespaces import prefixes
from sites import Client
from test_contract import CLASSES, CONTEXT, FRAMES
from test_resources import CONTEXT as CONTEXT_DOCUMENT

Json = dict[str, Any]


def pages(client: Client, address: str) -> Iterator[Json]:
    """Return the pages of a collection, by following `next`."""
    following: str | None = address
    while following is not None:
        page = client.get(following).json()
        yield page
        following = page.get("next")


def members(client: Client, address: str) -> list[Json]:
    """Return the members of a collection."""
    return [item for page in pages(client, address) for item in page["items"]]


def asked(client: Client, pattern: str) -> set[str]:
    """Return the ids of what matches a pattern of the release."""
    store = Store.read_only(str(client.app.site.release().store_path))
    found = store.query(f"SELECT DISTINCT ?x {{ {pattern} }}", prefixes=dict(prefixes()))
    assert isinstance(found, QuerySolutions)
    return {CONTEXT.id(row["x"].value) for row in found if isinstance(row["x"], NamedNode)}


@pytest.mark.parametrize("name", CLASSES)
def test_every_member_is_there_once(shipped: Client, name: str) -> None:
    """Following `next` meets each instance of the class and of those below it exactly once, in order, as counted."""
    found = [item["id"] for item in members(shipped, f"/collections/{name}?limit=40")]
    first = shipped.get(f"/collections/{name}?limit=1").json()

    assert found == sorted(found, key=lambda each: CONTEXT.expand(each, vocab=False))
    assert len(found) == len(set(found)) == first["totalItems"]
    assert set(found) == asked(shipped, f"?x a/rdfs:subClassOf* <{FRAMES.by_name[name].type}>")


@pytest.mark.parametrize("name", ["Platform", "Statement", "LocalGovernment", "FiscalYear", "Concept"])
def test_a_member_is_as_in_its_document(shipped: Client, name: str) -> None:
    """A member of a collection is its own document, but for what is only included there."""
    for item in members(shipped, f"/collections/{name}")[:20]:
        iri = CONTEXT.expand(item["id"], vocab=False)
        path = iri.replace("https://w3id.org/pfgraph/id/", "/doc/")
        document = shipped.get(f"{path}.jsonld").json()

        assert item == {key: value for key, value in document.items() if key not in {"@context", "included"}}


def test_pages_stay_in_their_release(shipped: Client) -> None:
    """`next` names the release, so that a newer one does not change the order on the way."""
    page = shipped.get("/collections/Initiative?limit=3").json()

    assert f"release={shipped.app.site.release().id}" in page["next"]


def test_a_page_links_to_the_next(shipped: Client) -> None:
    """The Link header has the next page too, the schema, and the context that makes JSON of it JSON-LD."""
    response = shipped.get("/collections/Initiative?limit=3", "application/json")
    link = response.headers["link"]

    assert f'<{response.json()["next"]}>; rel="next"' in link
    assert '<http://test/schema/Initiative.json>; rel="describedby"' in link
    assert '<http://test/context/v1.jsonld>; rel="http://www.w3.org/ns/json-ld#context"' in link


@pytest.mark.parametrize(
    ("address", "pattern"),
    [
        ("Initiative?stage=stage:planned", "?x a pf:Initiative ; pf:stage stage:planned"),
        ("Initiative?stage=concept:stage/planned", "?x a pf:Initiative ; pf:stage stage:planned"),
        (
            "Initiative?stage=stage:planned&stage=stage:considered",
            "?x a pf:Initiative ; pf:stage ?s . FILTER(?s IN (stage:planned, stage:considered))",
        ),
        (
            "Initiative?stage=stage:existing&theme=theme:collaboration",
            "?x a pf:Initiative ; pf:stage stage:existing ; pf:theme theme:collaboration",
        ),
        ("Municipality?localGovernmentCode=312011", '?x pf:localGovernmentCode "312011"'),
        ("Membership?since=2018-04-01", '?x a pf:Membership ; pf:since "2018-04-01"^^xsd:date'),
        ("ProgrammeParticipation?ordinal=2", "?x pf:ordinal 2"),
        ("MembershipCount?enumerationComplete=true", "?x pf:enumerationComplete true"),
        ("LocalGovernment?inPrefecture=government:310000", "?x pf:inPrefecture government:310000"),
        ("Initiative?stage=stage:none", "?x pf:stage stage:none"),
    ],
)
def test_a_collection_is_filtered(shipped: Client, address: str, pattern: str) -> None:
    """A filter keeps those that have the value; several of one member are alternatives, several members all hold."""
    if "inPrefecture" in address:
        address = address.replace("LocalGovernment", "Municipality")
    path = f"/collections/{address}"
    found = {item["id"] for item in members(shipped, path)}

    assert found == {each for each in asked(shipped, pattern) if "district" not in each}
    assert shipped.get(path).json()["totalItems"] == len(found)


@pytest.mark.parametrize(
    "address",
    ["Platform?colour=blue", "Platform?limit=0", "Platform?limit=x", "Platform?limit=201", "Platform?label=x"],
)
def test_what_cannot_be_asked_is_told(shipped: Client, address: str) -> None:
    """A filter or a limit that there is not is a 400 that says what there is."""
    response = shipped.get(f"/collections/{address}")

    assert response.status_code == 400
    assert response.json()["en"]["expected"]


@pytest.mark.parametrize("value", ["%22%7D", "%3E%20%7D", "a%20b", "%0d%0a", "stage:%3C", "%00"])
def test_a_hostile_value_finds_nothing(shipped: Client, value: str) -> None:
    """Whatever a filter says, it is a term, never a piece of a query."""
    for member in ("stage", "established"):
        response = shipped.get(f"/collections/Platform?{member}={value}")

        assert response.status_code == 400 or response.json()["items"] == []


def test_a_page_is_the_graph_it_says(shipped: Client) -> None:
    """A page expands to a graph: the page, its number of members, the members and what is said of each."""
    response = shipped.get("/collections/Platform", "application/ld+json")

    def loader(url: str, _options: object) -> Json:
        return {"contextUrl": None, "documentUrl": url, "document": CONTEXT_DOCUMENT, "tag": "static"}

    options = {"format": "application/n-quads", "documentLoader": loader}
    quads = list(parse(jsonld.to_rdf(json.loads(response.content), options), RdfFormat.N_QUADS))
    hydra = prefixes()["hydra"]

    assert response.headers["content-type"] == "application/ld+json"
    assert len([q for q in quads if q.predicate.value == f"{hydra}member"]) == len(response.json()["items"])
