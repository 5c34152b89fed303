"""Sites that may be written to: a token, and the requests of an editor who holds it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from pfgraph.publish import tokens
from pfgraph.releases.release import Release
from pfgraph.releases.shelf import Shelf
from sites import Client, publish, serving

PREFIXES = """PREFIX : <http://example.org/>
PREFIX pf: <https://w3id.org/pfgraph/ns#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX government: <https://w3id.org/pfgraph/id/government/>
"""


class Writer:
    """A client that shows a token."""

    def __init__(self, client: Client, token: str) -> None:
        self.client, self._token = client, token

    def request(self, method: str, url: str, **options: Any) -> httpx.Response:
        """Return the response to a request with the token."""
        headers = {"Authorization": f"Bearer {self._token}", **options.pop("headers", {})}
        return self.client.request(method, url, headers=headers, **options)

    def update(self, text: str, url: str = "/update", **headers: str) -> httpx.Response:
        """Return the response to an update, sent directly; every prefix above may be used."""
        headers = {"Content-Type": "application/sparql-update", **headers}
        return self.request("POST", url, content=(PREFIXES + text).encode(), headers=headers)

    def put(self, url: str, turtle: str, **headers: str) -> httpx.Response:
        """Return the response to a graph that is put."""
        return self.send("PUT", url, turtle, **headers)

    def send(self, method: str, url: str, turtle: str, **headers: str) -> httpx.Response:
        """Return the response to a graph in Turtle."""
        headers = {"Content-Type": "text/turtle", **headers}
        return self.request(method, url, content=(PREFIXES + turtle).encode(), headers=headers)

    def ask(self, pattern: str) -> bool:
        """Return whether a pattern has a solution in the current release."""
        query = f"{PREFIXES} ASK {{ {pattern} }}"
        found: bool = self.client.get("/sparql", "application/json", params={"query": query}).json()["boolean"]
        return found

    def release(self) -> Release:
        """Return the current release."""
        return self.client.app.site.release()


@contextmanager
def writable(home: Path, *scopes: str, **settings: Any) -> Iterator[Writer]:
    """Lend a writer to a home, whose current release is empty where there was none."""
    if Shelf(home).current_id() is None:
        publish(home, {})
    token, entry = tokens.new("editor", scopes or ("write", "ontology"))
    with serving(home, tokens=entry, **settings) as client:
        yield Writer(client, token)
