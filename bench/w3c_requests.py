"""The W3C's tests of the Update Protocol and of the Graph Store HTTP Protocol, which are described, as requests.

The W3C gives the first as names and the second as an exchange of messages (`protocol/manifest.ttl`,
`http-rdf-update/tests.txt` in its suite); the data here are our own, and a graph is named by `?graph=`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

import httpx
import pyoxigraph as ox

UPDATE, FORM, TURTLE = "application/sparql-update", "application/x-www-form-urlencoded", "text/turtle"
NTRIPLES = "application/n-triples"
PERSON, OTHER = "/store?graph=urn:w3c:person1", "/store?graph=urn:w3c:person2"
JOHN, JANE, ALICE = (f'<urn:w3c:1> <urn:w3c:name> "{name}" .' for name in ("John", "Jane", "Alice"))
NICK, FAMILY, GIVEN = (f'<urn:w3c:1> <urn:w3c:{part}> "x" .' for part in ("nick", "family", "given"))
MIXED = "multipart/form-data; boundary=AaB03x"
PARTS = "".join(
    f'--AaB03x\r\nContent-Disposition: form-data; name="graphs"; filename="{n}.ttl"\r\n'
    f"Content-Type: text/turtle\r\n\r\n{part}\r\n"
    for n, part in enumerate((FAMILY, GIVEN))
)


@dataclass
class Session:
    """A client, and the address that it was told of a graph that it made."""

    client: httpx.Client
    made: str = ""

    def ask(self, pattern: str) -> bool:
        """Whether a pattern has a solution."""
        answer = self.client.get("/sparql", params={"query": f"ASK {{ {pattern} }}"}, headers={"Accept": "*/*"})
        return bool(answer.json()["boolean"])


@dataclass(frozen=True)
class Case:
    """A request, and what is true of the response (given the session, too)."""

    method: str
    url: str
    statuses: tuple[int, ...]
    body: str | bytes = b""
    type: str = ""
    holds: Callable[[httpx.Response, Session], bool] = field(default=lambda _response, _session: True)


GOOD, BAD = (200, 201, 204), tuple(range(400, 500))


def graph(*triples: str) -> Callable[[httpx.Response, Session], bool]:
    """Return whether a response is a graph of some triples."""
    expected = {str(quad.triple) for quad in ox.parse("\n".join(triples), ox.RdfFormat.N_TRIPLES)}

    def holds(response: httpx.Response, _: Session) -> bool:
        return {str(quad.triple) for quad in ox.parse(response.content, ox.RdfFormat.N_TRIPLES)} == expected

    return holds


def found(*graphs: str) -> Callable[[httpx.Response, Session], bool]:
    """Return whether an update found what some graphs say, and nothing else."""

    def holds(_: httpx.Response, session: Session) -> bool:
        return all(session.ask(f"GRAPH <urn:w3c:out> {{ ?s ?p '{g}' }}") == (g in graphs) for g in ("1", "2", "0"))

    return holds


def told(response: httpx.Response, session: Session) -> bool:
    """Whether a response says where the graph is that was made."""
    session.made = response.headers.get("Location", "")
    return bool(session.made)


def _using(*pairs: tuple[str, str]) -> str:
    return f"/update?{urlencode(pairs)}"


_DATA = (
    "DROP ALL; INSERT DATA { <urn:w3c:s> <urn:w3c:p> '0' GRAPH <urn:w3c:d1> { <urn:w3c:s> <urn:w3c:p> '1' } "
    "GRAPH <urn:w3c:d2> { <urn:w3c:s> <urn:w3c:p> '2' } }"
)
_PLAIN = "DROP SILENT GRAPH <urn:w3c:out>; INSERT { GRAPH <urn:w3c:out> { ?s ?p ?o } } WHERE { ?s ?p ?o }"
_NAMED = _PLAIN.replace("WHERE { ?s ?p ?o }", "WHERE { GRAPH ?g { ?s ?p ?o } }")
_BOTH = _PLAIN.replace("WHERE { ?s ?p ?o }", "WHERE { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }")
_D1, _D2 = "urn:w3c:d1", "urn:w3c:d2"
_CONFLICT = "INSERT { <urn:a> ?p ?o } USING <urn:w3c:d1> WHERE { ?s ?p ?o }"
_LATIN = "INSERT DATA { <urn:a> <urn:b> 'é' }".encode("utf-16")
_U, _N = "using-graph-uri", "using-named-graph-uri"
_BASED = "INSERT DATA { GRAPH <urn:w3c:base> { <urn:w3c:s> <urn:w3c:p> <test> } }"
_POSTED = urlencode({"update": "INSERT DATA { <urn:w3c:posted> <urn:w3c:p> 1 }"})


def _is_based(_: httpx.Response, session: Session) -> bool:
    return session.ask("GRAPH <urn:w3c:base> { ?s ?p ?o FILTER(STRSTARTS(STR(?o), 'http')) }")


def _is_posted(_: httpx.Response, session: Session) -> bool:
    return session.ask("<urn:w3c:posted> ?p ?o")


def _is_direct(_: httpx.Response, session: Session) -> bool:
    return session.ask("<urn:w3c:direct> ?p ?o")


def _is_empty(response: httpx.Response, _: Session) -> bool:
    return not response.content


CASES: Mapping[str, Case] = {
    "update_dataset_default_graph": Case("POST", _using((_U, _D1)), GOOD, _PLAIN, UPDATE, found("1")),
    "update_dataset_default_graphs": Case("POST", _using((_U, _D1), (_U, _D2)), GOOD, _PLAIN, UPDATE, found("1", "2")),
    "update_dataset_named_graphs": Case("POST", _using((_N, _D1), (_N, _D2)), GOOD, _NAMED, UPDATE, found("1", "2")),
    "update_dataset_full": Case("POST", _using((_U, _D1), (_N, _D2)), GOOD, _BOTH, UPDATE, found("1", "2")),
    "update_post_form": Case("POST", "/update", GOOD, _POSTED, FORM, _is_posted),
    "update_post_direct": Case(
        "POST", "/update", GOOD, "INSERT DATA { <urn:w3c:direct> <urn:w3c:p> 1 }", UPDATE, _is_direct
    ),
    "update_base_uri": Case("POST", "/update", GOOD, _BASED, UPDATE, _is_based),
    "bad_update_get": Case("GET", f"/update?{urlencode({'update': 'CLEAR ALL'})}", BAD),
    "bad_multiple_updates": Case("POST", "/update", BAD, "update=CLEAR+NAMED&update=CLEAR+DEFAULT", FORM),
    "bad_update_wrong_media_type": Case("POST", "/update", BAD, "CLEAR NAMED", "text/plain"),
    "bad_update_missing_form_type": Case("POST", "/update", BAD, "update=CLEAR+NAMED"),
    "bad_update_non_utf8": Case("POST", "/update", BAD, _LATIN, f"{UPDATE}; charset=UTF-16"),
    "bad_update_syntax": Case("POST", "/update", BAD, "CLEAR XYZ", UPDATE),
    "bad_update_dataset_conflict": Case("POST", _using((_U, _D2)), BAD, _CONFLICT, UPDATE),
    "put_initial_state": Case("PUT", PERSON, (201,), JOHN, TURTLE),
    "get_of_put_initial_state": Case("GET", PERSON, (200,), holds=graph(JOHN)),
    "put_graph_already_in_store": Case("PUT", PERSON, (200, 204), JANE, TURTLE),
    "get_of_put_graph_already_in_store": Case("GET", PERSON, (200,), holds=graph(JANE)),
    "put_default_graph": Case("PUT", "/store?default", GOOD, ALICE, TURTLE),
    "get_of_put_default_graph": Case("GET", "/store?default", (200,), holds=graph(ALICE)),
    "put_mismatched_payload": Case("PUT", PERSON, (400,), JANE, "application/rdf+xml"),
    "put_empty_graph": Case("PUT", OTHER, GOOD, "", TURTLE),
    "get_of_put_empty_graph": Case("GET", OTHER, (200,), holds=graph()),
    "delete_existing_graph": Case("DELETE", OTHER, GOOD),
    "get_of_delete_existing_graph": Case("GET", OTHER, (404,)),
    "delete_nonexistent_graph": Case("DELETE", OTHER, (404,)),
    "post_existing_graph": Case("POST", PERSON, (200, 204), NICK, TURTLE),
    "get_of_post_existing_graph": Case("GET", PERSON, (200,), holds=graph(JANE, NICK)),
    "post_multipart_formdata": Case("POST", PERSON, (200, 204), f"{PARTS}--AaB03x--\r\n", MIXED),
    "get_of_post_multipart_formdata": Case("GET", PERSON, (200,), holds=graph(JANE, NICK, FAMILY, GIVEN)),
    "post_create_new_graph": Case("POST", "/store", (201,), ALICE, TURTLE, told),
    "get_of_post_create_new_graph": Case("GET", "", (200,), holds=graph(ALICE)),
    "post_empty_graph_to_existing_graph": Case("POST", "", (200, 204), "", TURTLE),
    "get_of_post_after_noop": Case("GET", "", (200,), holds=graph(ALICE)),
    "head_on_an_existing_graph": Case("HEAD", PERSON, (200,), holds=_is_empty),
    "head_on_a_nonexisting_graph": Case("HEAD", OTHER, (404,)),
}


def failures(client: httpx.Client) -> dict[str, str]:
    """Return which of the requests, one after the other, are not answered as they should be, and how instead."""
    session, failed = Session(client), {}
    client.post("/update", content=_DATA, headers={"Content-Type": UPDATE}).raise_for_status()
    for name, case in CASES.items():
        headers = {"Accept": NTRIPLES if case.method in {"GET", "HEAD"} else "*/*"}
        headers |= {"Content-Type": case.type} if case.type else {}
        content = case.body.encode() if isinstance(case.body, str) else case.body
        response = client.request(case.method, case.url or session.made, content=content, headers=headers)
        if response.status_code not in case.statuses:
            failed[name] = f"status {response.status_code}: {response.text[:200]}"
        elif not case.holds(response, session):
            failed[name] = f"status {response.status_code}, but not what was asked for"
    return failed
