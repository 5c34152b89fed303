"""The description of the interface is valid, and true: every operation answers as it says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from jsonschema import Draft202012Validator
from jsonschema_path import SchemaPath
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from sites import Client

Json = dict[str, Any]
ADDRESS = "http://test/openapi.json"
NOTHING_OF_OURS = "image/png"
METHODS = ("get", "post")


@pytest.fixture(scope="module")
def described(shipped: Client) -> Json:
    """Return the description that the server gives of itself."""
    found: Json = shipped.get("/openapi.json").json()
    return found


@pytest.fixture(scope="module")
def registry(shipped: Client, described: Json) -> Registry[Any]:
    """Return where references are looked up: in the description, and at the server."""

    def fetched(uri: str) -> Resource[Any]:
        response = shipped.get(uri)
        assert response.status_code == 200, uri
        return Resource.from_contents(response.json(), DRAFT202012)

    known = Resource.from_contents(described, DRAFT202012)
    return Registry(retrieve=fetched).with_resource(ADDRESS, known)


def operations(described: Json) -> Iterator[tuple[str, str, Json]]:
    """Return every operation beside the canned queries, whose tests are elsewhere: path, method, description."""
    for path, item in described["paths"].items():
        if not path.startswith("/queries/"):
            yield from ((path, method, item[method]) for method in METHODS if method in item)


def filled(path: str, operation: Mapping[str, Any]) -> str:
    """Return a path with the examples of its parameters, and with those parameters that have an example."""
    asked = {}
    for each in operation.get("parameters", ()):
        if each["in"] == "path":
            path = path.replace("{" + each["name"] + "}", each["example"])
        elif "example" in each:
            asked[each["name"]] = each["example"]
    return f"{path}?{urlencode(asked)}" if asked else path


def asked(client: Client, path: str, method: str, operation: Json, accept: str) -> Any:
    """Return the response to an operation as its examples ask it."""
    if method == "get":
        return client.get(filled(path, operation), accept)
    kind, body = next(iter(operation["requestBody"]["content"].items()))
    example = body["example"]
    headers = {"Content-Type": kind, "Accept": accept}
    return client.request("POST", path, headers=headers, data=example)


def test_the_description_is_valid(shipped: Client, described: Json) -> None:
    """It is OpenAPI 3.1, and the schemas that it refers to are where it says."""
    # Beside `/openapi.json`, which references are relative to.
    schema = SchemaPath.from_dict(described, base_uri=ADDRESS, handlers={"http": lambda uri: shipped.get(uri).json()})
    found = OpenAPIV31SpecValidator(schema).iter_errors()

    assert [error.message for error in found] == []


def test_operations_answer_in_every_form_they_name(shipped: Client, described: Json) -> None:
    """Asked for a media type that it names, an operation answers in it."""
    wrong = []
    for path, method, operation in operations(described):
        for media_type in operation["responses"].get("200", {}).get("content", ()):
            response = asked(shipped, path, method, operation, media_type)
            sent = response.headers.get("content-type", "").partition(";")[0]
            # One query has solutions or a graph, never both; `current` leads to a release's own file.
            elsewhere = (path, response.status_code) in {("/sparql", 406), ("/dumps/{release}/{name}", 307)}
            if not elsewhere and (response.status_code, sent) != (200, media_type):
                wrong.append((method, path, media_type, response.status_code, sent))

    assert wrong == []


def test_operations_refuse_only_as_they_say(shipped: Client, described: Json) -> None:
    """Asked for a form that nothing has, an operation answers with a status that it names."""
    wrong = []
    for path, method, operation in operations(described):
        response = asked(shipped, path, method, operation, NOTHING_OF_OURS)
        if str(response.status_code) not in operation["responses"]:
            wrong.append((method, path, response.status_code))

    assert wrong == []


def test_answers_have_the_schema_they_are_said_to_have(
    shipped: Client, described: Json, registry: Registry[Any]
) -> None:
    """What comes back as JSON is valid against the schema in the description, problem details included."""
    wrong = []
    for path, method, operation in operations(described):
        for accept in ("application/json", "application/schema+json", "application/ld+json", NOTHING_OF_OURS):
            response = asked(shipped, path, method, operation, accept)
            sent = response.headers.get("content-type", "").partition(";")[0]
            content = operation["responses"][str(response.status_code)].get("content", {})
            if sent not in content or not sent.endswith("json"):
                continue
            # A JSON pointer, in which a slash is written ~1.
            pointer = f"/paths/{pointed(path)}/{method}/responses/{response.status_code}/content/{pointed(sent)}/schema"
            validator = Draft202012Validator({"$ref": f"{ADDRESS}#{pointer}"}, registry=registry)
            wrong += [(path, error.message[:200]) for error in validator.iter_errors(response.json())]

    assert wrong == []


def pointed(name: str) -> str:
    """Return a name as a step of a JSON pointer in a URI."""
    return name.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")


def test_a_collection_takes_the_filters_it_names(shipped: Client, described: Json) -> None:
    """Every filter in the description narrows its collection, and nothing else does."""
    counted = 0
    for path, _, operation in operations(described):
        if path.startswith("/collections/"):
            filters = [each["name"] for each in operation["parameters"] if each["schema"]["type"] == "array"]
            answers = [shipped.get(f"{path}?limit=1&{name}=urn:x").status_code for name in filters]
            assert {*answers} <= {200}, (path, filters, answers)
            assert shipped.get(f"{path}?none=x").status_code == 400
            counted += len(filters)

    assert counted > 100


def test_every_summary_is_in_both_languages(described: Json) -> None:
    """Whoever reads the description finds Japanese and English in each summary and each parameter."""
    told = []
    for item in described["paths"].values():
        for method in METHODS:
            operation = item.get(method, {"summary": "。 / x"})
            told += [operation["summary"], *(each["description"] for each in operation.get("parameters", ()))]

    assert [text for text in told if " / " not in text or text.isascii()] == []


@pytest.mark.parametrize("key", ["2023%2F312011", "2023/312011"])
def test_a_key_may_have_a_slash(shipped: Client, key: str) -> None:
    """A client made from the description writes a slash as %2F, and gets the same document."""
    response = shipped.get(f"/doc/participation/{key}", "text/turtle")

    assert response.status_code == 200
    assert "id:participation" in response.text
