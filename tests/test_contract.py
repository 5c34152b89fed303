"""The contract with applications: what a document of a class looks like, and that it stays so."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pyld import jsonld

from contracts import VERSION, breaking, now, promised
from pfgraph.namespaces import shipped_sources
from pfgraph.web.context import FILE, Context
from pfgraph.web.frames import FOLDER, Frames
from sites import Client
from test_resources import CONTEXT as CONTEXT_DOCUMENT
from test_resources import resources

Json = dict[str, Any]
CONTEXT = Context((shipped_sources() / FILE).read_bytes())
FRAMES = Frames({p.stem: p.read_bytes() for p in (shipped_sources() / FOLDER).glob("*.jsonld")}, CONTEXT)
CLASSES = sorted(FRAMES.by_name)
CONTRACT = now()


@pytest.fixture(scope="module")
def documents(shipped: Client) -> dict[str, Json]:
    """Return every document of the release as JSON, by path."""
    return {path: shipped.get(f"{path}.jsonld").json() for path in resources(shipped)}


def frames_of(document: Json) -> list[str]:
    """Return the names of the frames that a document is in."""
    return [frame.name for frame in FRAMES.of(CONTEXT.expand(kind) for kind in document.get("type", ()))]


# ---- documents


def test_every_document_has_a_class_with_a_frame(documents: dict[str, Json]) -> None:
    """There is no document that an application has no contract for."""
    assert [path for path, document in documents.items() if not frames_of(document)] == []


def test_every_document_is_valid(documents: dict[str, Json]) -> None:
    """Every document of the release validates against the JSON Schema of each of its classes."""
    validators = {name: Draft202012Validator(schema) for name, schema in CONTRACT["schemas"].items()}
    errors = [
        (path, name, error.json_path, error.message)
        for path, document in documents.items()
        for name in frames_of(document)
        for error in validators[name].iter_errors(document)
    ]

    assert errors == []


def test_every_member_is_in_the_frame(documents: dict[str, Json]) -> None:
    """What stands in a document under a word of ours is in the frame of one of its classes."""
    known = {"@context", "id", "type", "included"}
    strange = {
        (name, member)
        for document in documents.values()
        if (name := "/".join(frames_of(document)))
        for member in document
        if ":" not in member
        and member not in known
        and all(member not in FRAMES.by_name[each].members for each in frames_of(document))
    }

    assert strange == set()


def test_members_come_in_the_order_of_the_frame(documents: dict[str, Json]) -> None:
    """The members of a document that its frame names come in the frame's order."""
    wrong = []
    for path, document in documents.items():
        order = FRAMES.order(CONTEXT.expand(kind) for kind in document["type"])
        found = [member for member in document if member in order]
        if found != [member for member in order if member in document]:
            wrong.append(path)

    assert wrong == []


def test_framing_is_what_the_reference_does(documents: dict[str, Json]) -> None:
    """PyLD, given our frame and our document, returns every document but for what is included."""
    options = {"documentLoader": _loaded, "omitGraph": True}
    different = []
    for path, document in documents.items():
        frame = FRAMES.by_name[frames_of(document)[0]]
        framed = jsonld.frame(document, {**json.loads(frame.source), "id": document["id"]}, options)
        if _sorted(framed) != _sorted({key: each for key, each in document.items() if key != "included"}):
            different.append(path)

    assert different == []


def _loaded(url: str, _options: object) -> Json:
    assert url.endswith("/context/v1.jsonld")
    return {"contextUrl": None, "documentUrl": url, "document": CONTEXT_DOCUMENT, "tag": "static"}


def _sorted(value: Any) -> Any:
    """Return a JSON value in which order says nothing, and a node of which only the id is told is its id."""
    if isinstance(value, dict):
        told = {key: _sorted(each) for key, each in value.items() if key != "@context" and each != []}
        return told["id"] if told.keys() == {"id"} else told
    return (
        sorted((_sorted(each) for each in value), key=lambda each: json.dumps(each, sort_keys=True))
        if isinstance(value, list)
        else value
    )


def test_what_may_be_several_is_always_an_array() -> None:
    """A member whose shape allows several values has an array or a map of languages in every document."""
    terms = CONTEXT.terms()
    plain = {
        (name, member)
        for name, schema in CONTRACT["schemas"].items()
        for member, found in schema["properties"].items()
        if "anyOf" in found and any(each.get("minItems") == 2 for each in found["anyOf"])
    }

    assert {(name, member) for name, member in plain if terms[member].container is None} == set()


# ---- schemas and frames, as they are served


@pytest.mark.parametrize("name", CLASSES)
def test_a_schema_is_served(shipped: Client, name: str) -> None:
    """The JSON Schema of a class is at its address, is a schema, and its example is valid."""
    response = shipped.get(f"/schema/{name}.json")
    schema = response.json()
    Draft202012Validator.check_schema(schema)
    examples = schema.pop("examples")

    assert response.headers["content-type"] == "application/schema+json"
    assert schema == CONTRACT["schemas"][name]
    assert [error.message for example in examples for error in Draft202012Validator(schema).iter_errors(example)] == []


@pytest.mark.parametrize("name", CLASSES)
def test_a_frame_is_served(shipped: Client, name: str) -> None:
    """The frame of a class is at its address, as it is in the sources."""
    assert shipped.get(f"/frames/{name}.jsonld").json() == CONTRACT["frames"][name]


def test_classes_are_listed(shipped: Client) -> None:
    """An application finds all collections, schemas and frames from one list."""
    listed = shipped.get("/collections").json()

    assert [each["name"] for each in listed] == CLASSES
    assert {shipped.get(each[link]).status_code for each in listed for link in ("schema", "frame")} == {200}


def test_a_class_that_does_not_exist_has_near_names(shipped: Client) -> None:
    """A misspelt class is answered with those it may be meant for."""
    response = shipped.get("/schema/platfrom.json")

    assert response.status_code == 404
    assert "Platform" in response.json()["en"]["try"]


# ---- what was promised


def test_the_context_is_the_one_that_was_promised(shipped: Client) -> None:
    """What is served under the version's address for good is what was written down."""
    old = promised()

    assert old is not None
    assert shipped.get(f"/context/{VERSION}.jsonld").json()["@context"] == old["context"]


def test_the_contract_is_kept() -> None:
    """Nothing that was promised is broken; what is to break needs another version of the context."""
    old = promised()

    assert old is not None, f"write down {VERSION}: python tests/contracts.py"
    assert breaking(old, CONTRACT) == []


def test_what_is_promised_is_written_down() -> None:
    """What was added to the contract is promised from now on too: `python tests/contracts.py` writes it down."""
    assert promised() == CONTRACT


def _without(*path: str) -> Callable[[Json], None]:
    def change(contract: Json) -> None:
        place = contract
        for step in path[:-1]:
            place = place[step]
        del place[path[-1]]

    return change


def _with(value: Any, *path: str) -> Callable[[Json], None]:
    def change(contract: Json) -> None:
        place = contract
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        _without("context", "label"),
        _with({"@id": "pf:stage"}, "context", "stage"),
        _with("https://w3id.org/pfgraph/id/count/", "context", "count-of"),
        _with({"@id": "schema:budget"}, "context", "budget"),
        _without("frames", "Platform"),
        _without("frames", "Platform", "covers"),
        _with("Membership", "frames", "Platform", "type"),
        _without("schemas", "Platform", "properties", "covers"),
        _with({"type": "string"}, "schemas", "Platform", "properties", "covers"),
        _with(["id"], "schemas", "Platform", "required"),
        _with({}, "schemas", "Platform", "$defs"),
    ],
)
def test_a_breaking_change_is_found(change: Callable[[Json], None]) -> None:
    """To take away, rename, retype, reorder, make optional, or touch the context is breaking."""
    changed = copy.deepcopy(CONTRACT)
    change(changed)

    assert breaking(CONTRACT, changed) != []


@pytest.mark.parametrize(
    "change",
    [
        _with({}, "frames", "Platform", "budget"),
        _with({"type": "string"}, "schemas", "Platform", "properties", "budget"),
        _with("another word", "schemas", "Platform", "title"),
        _with({}, "frames", "Budget"),
    ],
)
def test_an_addition_is_not_breaking(change: Callable[[Json], None]) -> None:
    """Members that the vocabulary names, classes and better words may be added."""
    changed = copy.deepcopy(CONTRACT)
    change(changed)

    assert breaking(CONTRACT, changed) == []
