"""Sites to ask: releases of any graphs or of the shipped sources, and a client that runs the application."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import httpx
from pyoxigraph import Triple

from pfgraph.graph import dataset as datasets
from pfgraph.graph import metadata
from pfgraph.graph.dataset import Dataset
from pfgraph.graph.report import Report
from pfgraph.namespaces import shipped_sources
from pfgraph.releases.release import Release, freeze
from pfgraph.releases.shelf import Shelf
from pfgraph.settings import Settings
from pfgraph.sources import tree as trees
from pfgraph.sources.tree import SourceTree
from pfgraph.web.app import Application, create_app

Graphs = Mapping[str, Iterable[Triple]]
_SERVED = ("ontology/prefixes.ttl", "ontology/context.jsonld")


def publish(home: Path, graphs: Graphs, queries: Mapping[str, str] | None = None) -> Release:
    """Publish a release of named graphs and query texts, valid or not."""
    root = shipped_sources()
    served = {file: (root / file).read_bytes() for file in _SERVED}
    served |= {f"queries/{name}.rq": text.encode() for name, text in (queries or {}).items()}
    tree = SourceTree(root=root, readings={}, queries={}, served=served)
    named = {iri: frozenset(triples) for iri, triples in sorted(graphs.items())}
    return _publish(home, Dataset(MappingProxyType(named), MappingProxyType({})), tree)


def publish_shipped(home: Path) -> Release:
    """Publish a release of the sources in this checkout; whether they are valid is for others to say."""
    tree, _ = trees.survey(shipped_sources())
    return _publish(home, metadata.with_metadata(datasets.build(tree), tree), tree)


def _publish(home: Path, dataset: Dataset, tree: SourceTree) -> Release:
    shelf = Shelf(home)
    with shelf.writing(), shelf.draft() as path:
        return shelf.publish(freeze(dataset, Report(results=()), tree, path))


class Client:
    """A client of an application that runs on a loop of its own, so that tests need not be asynchronous."""

    def __init__(self, app: Application) -> None:
        self.app = app
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        """Start the loop and the application's engine."""
        self._thread.start()
        self._run(self.app.site.engine.start())
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the engine and the loop."""
        self.app.dumps.close()
        self._run(self.app.writers.close())
        self._run(self.app.site.engine.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def request(self, method: str, url: str, **options: Any) -> httpx.Response:
        """Return the response to one request."""
        response: httpx.Response = self._run(self._request(method, url, options))
        return response

    def get(self, url: str, accept: str | None = None, **options: Any) -> httpx.Response:
        """Return the response to a GET, with an Accept header if one is given."""
        headers = {**options.pop("headers", {}), **({"Accept": accept} if accept else {})}
        return self.request("GET", url, headers=headers, **options)

    def raw(self, method: str, path: str, query: bytes, headers: list[tuple[bytes, bytes]], body: bytes) -> int:
        """Return the status of the answer to a request that no decent client would send."""
        scope: dict[str, Any] = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "root_path": "",
        }
        scope |= {"path": path, "raw_path": path.encode("utf-8", "replace"), "query_string": query}
        scope |= {"headers": headers, "client": ("192.0.2.1", 123), "server": ("test", 80)}
        statuses: list[int] = []
        received = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def receive() -> Any:
            message = next(received, None)
            # The client stays until it is answered.
            return message or await asyncio.Future()

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        self._run(self.app(scope, receive, send))
        return statuses[0]

    async def _request(self, method: str, url: str, options: dict[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, client=("192.0.2.1", 123))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            # httpx adds an Accept of its own, which a test means to be absent.
            client.headers.pop("accept", None)
            client.headers.pop("accept-encoding", None)
            return await client.request(method, url, **options)

    def _run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)


@contextmanager
def serving(home: Path, **settings: Any) -> Iterator[Client]:
    """Lend a client of the application over a home."""
    with Client(create_app(Settings(home=home, **settings))) as client:
        yield client
