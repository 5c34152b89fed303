"""Every error leaves in one shape, with one status, in two languages."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from starlette.requests import Request

from pfgraph import errors
from pfgraph.errors import PfgraphError
from pfgraph.messages import Text
from pfgraph.web.names import Near, UnknownResource
from pfgraph.web.problems import STATUS_OF, excerpt, kind_of, problem, respond, status_of
from pfgraph.web.rendering import Pages
from pfgraph.web.trace import trace

PAGES = Pages()
EXAMPLES = [
    (errors.MalformedQuery("違う", "Wrong", 2, 5), 400),
    (errors.ForbiddenFeature("SERVICE", line=1, column=3), 403),
    (errors.BadParameter("code", "違う", "Wrong", example="312011"), 400),
    (errors.NotFound("ない", "None"), 404),
    (errors.UnknownRelease("0" * 16), 404),
    (UnknownResource("urn:x", (Near("urn:y", Text("い", "y")),)), 404),
    (errors.MethodNotAllowed("PUT", ["GET", "POST"]), 405),
    (errors.NotAcceptable("image/png", ["text/turtle"]), 406),
    (errors.Gone("ない", "Gone"), 410),
    (errors.QueryTooLarge(70_000, 65_536), 413),
    (errors.BodyTooLarge(10), 413),
    (errors.UnsupportedMediaType("text/plain", ["application/sparql-query"]), 415),
    (errors.SourcesRefused([errors.TableError("違う", "Wrong", file="a.csv", line=3)]), 422),
    (errors.TurtleError("違う", "Wrong", file="a.ttl", line=3), 422),
    (errors.QueryTimeout(2.5), 503),
    (errors.QueryMemoryExceeded(2**30), 503),
    (errors.ResultTooLarge(2**20), 503),
    (errors.EngineLost(), 503),
    (errors.Overloaded(1.5), 503),
    (errors.TooManyQueries(8, 1.5), 429),
    (errors.Draining(), 503),
    (errors.DumpsInTheMaking(30.0), 503),
    (errors.ReleaseError("壊れた", "Broken"), 503),
]


def leaves(kind: type[PfgraphError] = PfgraphError) -> Iterator[type[PfgraphError]]:
    """Return every class of error there is."""
    yield kind
    for child in kind.__subclasses__():
        yield from leaves(child)


def request(accept: str = "", language: str = "", query: str | None = None) -> Request:
    """Return a request with these headers, about this query."""
    headers = [(b"host", b"test"), (b"accept", accept.encode()), (b"accept-language", language.encode())]
    scope = {"type": "http", "method": "GET", "path": "/x", "query_string": b"", "headers": headers}
    scope |= {"scheme": "http", "server": ("test", 80)}
    trace(scope).query = query
    return Request(scope)


@pytest.mark.parametrize(("error", "status"), EXAMPLES)
def test_an_error_has_its_status(error: PfgraphError, status: int) -> None:
    """The one table says which status an error has."""
    assert problem(error).status == status


def test_every_error_has_a_status() -> None:
    """No class of error is without a status, by itself or by an ancestor."""
    assert all(300 < status_of(kind) < 600 for kind in leaves())


def test_the_table_says_nothing_twice() -> None:
    """A class stands in the table only where its parent has another status."""
    repeated = [kind for kind, status in STATUS_OF.items() if STATUS_OF.get(kind.__mro__[1]) == status]

    assert repeated == []


@pytest.mark.parametrize("error", [error for error, _ in EXAMPLES], ids=kind_of)
def test_a_problem_speaks_both_languages(error: PfgraphError) -> None:
    """Problem details have a type, a title, a status, a detail, and the message in Japanese and English."""
    found = json.loads(json.dumps(problem(error).to_json("en"), ensure_ascii=False))

    assert found["type"] == f"https://w3id.org/pfgraph/problem/{kind_of(error)}"
    assert found["detail"] == error.en
    assert found["title"] == found["en"]["message"]
    assert found["ja"]["message"] == error.message.text.ja


def test_a_client_that_may_try_again_is_told_when() -> None:
    """Too many queries: `Retry-After` in whole seconds, rounded up."""
    assert problem(errors.Overloaded(1.5)).headers == {"Retry-After": "2"}


def test_a_query_that_ran_out_of_time_is_not_to_be_repeated() -> None:
    """A query over its budget has no `Retry-After`: libraries would repeat it by themselves."""
    assert problem(errors.QueryTimeout(1.0)).headers == {}


def test_a_method_is_answered_with_those_allowed() -> None:
    """405 comes with Allow, 415 with Accept-Post."""
    assert problem(errors.MethodNotAllowed("PUT", ["GET", "POST"])).headers == {"Allow": "GET, POST"}
    assert problem(errors.UnsupportedMediaType("a/b", ["c/d"])).headers == {"Accept-Post": "c/d"}


def test_what_is_near_is_an_object() -> None:
    """Members are named all the way down, so that a consumer need not count."""
    near = problem(UnknownResource("urn:x", (Near("urn:y", Text("い", "y")),))).members["near"]

    assert near == [{"iri": "urn:y", "label": {"ja": "い", "en": "y"}}]


@pytest.mark.parametrize(
    ("text", "line", "column", "expected"),
    [
        ("SELECT *\n{ ?s ?p }", 2, 3, "{ ?s ?p }\n  ^"),
        ("{ ?鳥取 }", 1, 6, "{ ?鳥取 }\n   　　^"),
        ("a", 5, 1, None),
        ("a\tb", 1, 3, "a b\n  ^"),
        ("abc", 1, None, "abc"),
        ("x" * 500 + "!" + "y" * 500, 1, 501, f"{'x' * 60}!{'y' * 59}\n{' ' * 60}^"),
    ],
)
def test_a_caret_stands_under_the_place(text: str, line: int, column: int | None, expected: str | None) -> None:
    """The line is shown with a caret, full-width characters being as wide as they are; a long one in part."""
    assert excerpt(text, line, column) == expected


def test_a_syntax_error_shows_its_line() -> None:
    """The query that was asked lends its line to the problem."""
    found = problem(errors.MalformedQuery("違う", "Wrong", 1, 8), "SELECT <")

    assert found.members == {"line": 1, "column": 8, "excerpt": "SELECT <\n       ^"}


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", "application/problem+json"),
        ("*/*", "application/problem+json"),
        ("application/json", "application/problem+json"),
        ("text/turtle", "application/problem+json"),
        ("text/html,*/*;q=0.8", "text/html; charset=utf-8"),
    ],
)
def test_browsers_get_a_page(accept: str, expected: str) -> None:
    """A problem is a page for a browser and problem details for everybody else, whatever they accept."""
    response = respond(errors.NotFound("ない", "None"), request(accept), PAGES)

    assert response.headers["content-type"] == expected
    assert response.status_code == 404


def test_the_language_is_the_readers() -> None:
    """Title and detail are in the language that Accept-Language prefers."""
    response = respond(errors.NotFound("ない", "None"), request(language="en"), PAGES)

    assert json.loads(bytes(response.body))["title"] == "None"
    assert response.headers["content-language"] == "en"


def test_a_page_is_safe() -> None:
    """What a client sent is text on the page, never markup."""
    error = errors.NotFound("ない", "None", found="<script>alert(1)</script>")
    page = bytes(respond(error, request("text/html"), PAGES).body).decode()

    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_problems_are_not_kept() -> None:
    """A problem is not to be cached, and says on what it depends."""
    headers = respond(errors.NotFound("ない", "None"), request(), PAGES).headers

    assert headers["cache-control"] == "no-store"
    assert headers["vary"] == "Accept, Accept-Language"
