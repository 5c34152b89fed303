"""The application: routes, and the layers that every request passes through."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, cast

import uvicorn
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from pfgraph.errors import PfgraphError
from pfgraph.publish.tokens import Tokens
from pfgraph.publish.writers import Writers
from pfgraph.query.engine import Engine
from pfgraph.releases.shelf import Shelf
from pfgraph.settings import Settings
from pfgraph.web import citing, publication, robots
from pfgraph.web.archive import Archive
from pfgraph.web.boundary import Boundary, StreamCut
from pfgraph.web.cache import ByteCache, Cached
from pfgraph.web.connections import Connection
from pfgraph.web.dumps import Dumps
from pfgraph.web.endpoint import Endpoint
from pfgraph.web.graph_store import METHODS, PATH, WRITING, GraphStore
from pfgraph.web.home import Home
from pfgraph.web.kinds import Kinds
from pfgraph.web.loglines import Gathered
from pfgraph.web.manners import Manners
from pfgraph.web.memento import Mementos, TimeMaps
from pfgraph.web.operations import Metrics, Operations, Watched
from pfgraph.web.presence import Presence
from pfgraph.web.queries import Queries
from pfgraph.web.rendering import STATIC
from pfgraph.web.resources import Resources
from pfgraph.web.site import Site
from pfgraph.web.swift import Swift
from pfgraph.web.updates import Updates
from pfgraph.web.writing import Desk

_ASK = ["GET", "POST"]
_PREPARED_S = 2.0
# How often to look whether another release has become current.
_LOOK_S = 0.5
_CUT_OFF_S = 2


class Application:
    """Everything that answers over HTTP, as one ASGI application."""

    def __init__(self, settings: Settings) -> None:
        self.site = Site(settings, Shelf(settings.home), Engine(settings))
        self.cache = ByteCache(settings.cache_bytes)
        self.writers = Writers(settings, self._prepare, lambda: self.site.engine.is_asked)
        self.dumps = Dumps(settings.home)
        self._tokens = Tokens.parse(settings.tokens)
        metrics = Metrics(self.site, self.cache)
        presence = Presence(self.site.shelf)
        desk = Desk(self.site, self._tokens, self.writers)
        router = Router(
            [*_writing(desk), *_routes(self.site, self.dumps, metrics, presence)],
            redirect_slashes=False,
            lifespan=self._running,
        )
        bounded = Boundary(Mementos(_Placed(router, self), self.site, presence), self.site.pages)
        watched = Watched(Manners(Cached(bounded, self.cache, self.site.current_id)), metrics)
        self.swift = Swift(watched, self.site, self.cache, metrics)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or follow the server through its life."""
        await self.swift(scope, receive, send)

    @asynccontextmanager
    async def _running(self, _app: object) -> AsyncGenerator[None]:
        """Have the engine run as long as the server does."""
        await self.site.engine.start()
        if self._tokens:
            await self.writers.start()
        with suppress(PfgraphError):
            self.dumps.at_hand(self.site.release())
        warming = asyncio.ensure_future(self._keep_warm())
        try:
            yield
        finally:
            warming.cancel()
            await asyncio.gather(warming, return_exceptions=True)
            self.dumps.close()
            await self.writers.close()
            await self.site.engine.close()

    async def _keep_warm(self) -> None:
        """Have a cell on each release as it becomes current, so that its first client finds one that is ready."""
        warm: str | None = None
        while True:
            with suppress(PfgraphError):
                release = self.site.release()
                if release.id != warm:
                    await self.site.engine.warm(release)
                    warm = release.id
                else:
                    # While one release follows another there are better uses for the time that this takes.
                    await self.site.engine.hold(release)
                self.site.engine.retire(release)
            await asyncio.sleep(_LOOK_S)

    async def _prepare(self, release_id: str) -> None:
        """Have cells on a release before it becomes current, so that no reader waits for them."""
        with suppress(PfgraphError, TimeoutError):
            release = self.site.shelf.get(release_id)
            async with asyncio.timeout(_PREPARED_S):
                await self.site.engine.prepare(release)


def create_app(settings: Settings) -> Application:
    """Return the application over the releases of a home; one published later is taken up by itself."""
    return Application(settings)


class _Placed:
    """Routes that know they are within an application, so that Starlette raises what it cannot route."""

    def __init__(self, app: ASGIApp, within: object) -> None:
        self._app, self._within = app, within

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = self._within
        await self._app(scope, receive, send)


def _routes(site: Site, dumps: Dumps, metrics: Metrics, presence: Presence) -> list[BaseRoute]:
    endpoint, resources, archive = Endpoint(site), Resources(site), Archive(site)
    operations, queries, kinds = Operations(site, metrics), Queries(site), Kinds(site)
    return [
        Route("/", Home(site).respond),
        # The protocol's own tests ask at an address that ends with a slash.
        Route("/sparql", endpoint.respond, methods=_ASK),
        Route("/sparql/", endpoint.respond, methods=_ASK),
        Route("/queries", queries),
        Route("/queries/{name}", queries),
        Route("/openapi.json", queries),
        Route("/id/{key:path}", resources.identify),
        Route("/doc/{key:path}", resources.document),
        Route("/graph/{name:path}", resources.named_graph),
        Route("/query/{name}", resources.query),
        *publication.routes(site, dumps),
        *robots.routes(site),
        Route("/problem", kinds.respond),
        Route("/problem/{kind}", kinds.respond),
        Route("/releases", archive.listing),
        Route("/releases/{before}..{after}", archive.compared),
        Route("/releases/{release}", archive.one),
        Route("/releases/{release}/report.json", archive.report),
        # `/releases/{release}/sparql`, `/doc` and `/queries` in it are what `Mementos` makes of those above.
        *citing.routes(site),
        Route("/timemap/{path:path}", TimeMaps(site, presence).respond),
        Route("/health", operations.health),
        Route("/ready", operations.ready),
        Route("/metrics", operations.metrics),
        Mount("/static", _Static(directory=STATIC)),
        Route("/{path:path}", resources.other),
    ]


def _writing(desk: Desk) -> list[BaseRoute]:
    """Return the routes that write; without tokens they say that nothing is written here."""
    updates, store = Updates(desk), GraphStore(desk)
    methods = [method for method in METHODS if method != "OPTIONS"]
    return [
        Route("/update", updates.respond, methods=methods),
        Route(PATH, store.respond, methods=methods),
        Route(f"{PATH}/{{name:path}}", store.direct, methods=methods),
        Route("/graph/{name:path}", store.direct, methods=WRITING),
    ]


class _Static(StaticFiles):
    """Files whose address changes with their content, and which are therefore kept for good."""

    def file_response(self, *args: Any, **named: Any) -> Response:
        """Return a file."""
        response = super().file_response(*args, **named)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        # One tag is enough: the cache gives every answer its own.
        del response.headers["etag"]
        return response


def serving(settings: Settings, app: Application) -> uvicorn.Config:
    """Return how uvicorn runs the application: JSON lines as access log, requests finished before the end."""
    logging.getLogger("uvicorn.error").addFilter(_told)
    _log_to_stderr(logging.getLogger("pfgraph.access"))
    return uvicorn.Config(
        app,
        http=cast(type[asyncio.Protocol], partial(Connection, app.swift)),
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        # The queries have had their time by then (`server.Server`); what still runs after this is cut off: no answer
        # is ended politely that is not complete.
        timeout_graceful_shutdown=_CUT_OFF_S,
    )


def _told(record: logging.LogRecord) -> bool:
    """Whether a record is news: a stream cut off on purpose has its line in the access log."""
    found: BaseException | None = record.exc_info[1] if record.exc_info else None
    return not isinstance(found, StreamCut)


def _log_to_stderr(logger: logging.Logger) -> None:
    if not logger.handlers:
        logger.addHandler(Gathered())
    logger.setLevel(logging.INFO)
    logger.propagate = False
