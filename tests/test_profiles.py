"""JSON-LD in other layouts: whichever profile is asked for, the graph is the same."""

from __future__ import annotations

import pytest
from pyld import jsonld
from pyoxigraph import Dataset, RdfFormat

from pfgraph.web.forms import PROFILES
from pfgraph.web.negotiation import Form, profiled
from sites import Client
from test_resources import canonical, expanded

JSON_LD = "application/ld+json"
NAMESPACE = "http://www.w3.org/ns/json-ld#"
DOCUMENTS = ["/doc/platform/312011-1", "/doc/fy/2023", "/ns", "/shapes", "/queries/government?code=312011"]


def accepted(profile: str) -> str:
    """Return an Accept field that asks for a profile."""
    return f'{JSON_LD};profile="{NAMESPACE}{profile}"'


def turtle(client: Client, path: str) -> Dataset:
    """Return the graph of a document as its Turtle has it."""
    return canonical(client.get(path, "text/turtle").content, RdfFormat.TURTLE)


@pytest.mark.parametrize("path", DOCUMENTS)
@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_is_the_same_graph(shipped: Client, path: str, profile: str) -> None:
    """In each profile a document expands to the graph of its Turtle, and says in which profile it is."""
    response = shipped.get(path, accepted(profile))

    assert response.headers["content-type"] == f'{JSON_LD}; profile="{NAMESPACE}{profile}"'
    assert expanded(response.content) == turtle(shipped, path)


def test_expanded_needs_no_context(shipped: Client) -> None:
    """What is expanded is what expanding it again gives."""
    body = shipped.get("/doc/fy/2023", accepted("expanded")).json()

    assert jsonld.expand(body) == body


def test_flattened_has_no_node_within_another(shipped: Client) -> None:
    """What is flattened is a list of nodes, each of which mentions others by their ids only."""
    nodes = shipped.get("/doc/platform/312011-1", accepted("flattened")).json()["graph"]
    values = [
        value for node in nodes for each in node.values() for value in (each if isinstance(each, list) else [each])
    ]
    inner = [value for value in values if isinstance(value, dict) and "id" in value]

    assert len({node["id"] for node in nodes}) == len(nodes)
    assert inner
    assert {len(value) for value in inner} == {1}


def test_a_suffix_goes_with_a_profile(shipped: Client) -> None:
    """A document asked for by its suffix comes in the profile that Accept names."""
    response = shipped.get("/doc/fy/2023.jsonld", accepted("expanded"))

    assert isinstance(response.json(), list)


@pytest.mark.parametrize(
    ("accept", "profile"),
    [
        (JSON_LD, ""),
        (accepted("expanded"), "expanded"),
        (f'{JSON_LD};profile="urn:other {NAMESPACE}flattened"', "flattened"),
        (f'{JSON_LD};profile="{NAMESPACE}context"', ""),
        (f'{JSON_LD};profile="http://www.w3.org/ns/other#expanded"', ""),
        (f"{accepted('expanded')};q=0.1, {accepted('flattened')};q=0.9", "flattened"),
        (f"{accepted('expanded')};q=0", ""),
        ('text/html;profile="http://www.w3.org/ns/json-ld#expanded"', ""),
    ],
)
def test_a_profile_is_negotiated(accept: str, profile: str) -> None:
    """Of the profiles asked for, the best liked that there is counts; others are passed over."""
    form = Form("jsonld", JSON_LD, profiles=PROFILES)

    assert profiled(form, [accept]).profile == profile


def test_a_constructed_graph_is_framed(shipped: Client) -> None:
    """The nodes of a question's graph have their members in their frame's order, and names at every mention."""
    nodes = {node["id"]: node for node in shipped.get("/queries/government.jsonld?code=312011").json()["graph"]}
    city = nodes["government:312011"]

    assert list(city)[:5] == ["id", "type", "label", "localGovernmentCode", "reading"]
    assert city["inPrefecture"]["label"]["ja"] == "鳥取県"
