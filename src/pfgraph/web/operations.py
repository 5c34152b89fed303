"""How the server is doing: the access log, metrics, health and readiness."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable
from copy import copy
from dataclasses import replace
from hashlib import sha256
from importlib.metadata import version
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pfgraph.web.cache import ByteCache
from pfgraph.web.metrics import Count, Counts, Durations, Times
from pfgraph.web.site import Site
from pfgraph.web.trace import Trace, trace

logger = logging.getLogger("pfgraph.access")
_NO_STORE = {"Cache-Control": "no-store"}
_AREAS = frozenset(
    [
        "catalog",
        "cite",
        "context",
        "doc",
        "graph",
        "health",
        "id",
        "metrics",
        "ns",
        "openapi.json",
        "problem",
        "queries",
        "ready",
        "releases",
        "sparql",
        "static",
        "timemap",
    ]
)

_TOLD = {
    "draining": "Whether new queries are refused.",
    "running": "Queries under way.",
    "waiting": "Queries in the queue.",
    "idle": "Cells that wait for a query.",
    "busy": "Cells that have one.",
    "processes": "Cells, also those that start and those that end.",
    "jailed": "Whether all cells are denied sockets by the kernel.",
    "forks": "Whether cells are forked, and not started by a command.",
    "held": "Releases that are open for queries that need no cell.",
}


class Metrics:
    """What is counted, for one application."""

    def __init__(self, site: Site, cache: ByteCache) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counts("http_requests", "Requests by area and status.", "area", "method", "status")
        self.queries = Counts("queries", "Queries by form and outcome.", "form", "outcome")
        self.cached = Counts("cache_answers", "Answers from the byte cache or not.", "result")
        self.seconds = Durations("http_request_seconds", "Time to the end of an answer.", "area")
        self.asking = Durations("query_seconds", "Time to the end of the answer to a query.", "form")
        for each in (self.requests, self.queries, self.cached, self.seconds, self.asking, _Gauges(site, cache)):
            self.registry.register(each)

    def note(self, area: str, method: str, status: int, seconds: float, notes: Trace) -> None:
        """Count one request."""
        self.requests.of(area, method, str(status)).add()
        self.seconds.of(area).add(seconds)
        self.cached.of(notes.cache).add()
        if notes.form is not None and notes.cache != "hit":
            self.queries.of(notes.form, notes.outcome).add()
            self.asking.of(notes.form).add(seconds)

    def repeated(self, scope: Scope, status: int, sent: int) -> Noted:
        """Return how one more answer from the cache is counted and logged."""
        area, notes = _area(scope), trace(scope)
        counters = (self.requests.of(area, _method(scope), str(status)), self.cached.of(notes.cache))
        return Noted(counters, (self.seconds.of(area),), _said(scope, notes, status, sent))

    def alike(self, scope: Scope, status: int, outcome: str) -> Noted:
        """Return how it is counted and logged that one more query of a kind has ended."""
        area, form = _area(scope), str(trace(scope).form)
        notes = replace(trace(scope), outcome=outcome, query=None, answer=None)
        if status != 200:
            notes.cache = Trace().cache
        counted = self.requests.of(area, _method(scope), str(status)), self.cached.of(notes.cache)
        timed = self.seconds.of(area), self.asking.of(form)
        said = _said(scope, notes, status, 0)
        del said["bytes"]
        return Noted((*counted, self.queries.of(form, outcome)), timed, said)


class Noted:
    """Answers that differ in little: what is counted of each, and a line of log most of which is known."""

    def __init__(self, counters: tuple[Count, ...], timed: tuple[Times, ...], said: dict[str, Any]) -> None:
        self._counters, self._timed = counters, timed
        self._known = json.dumps(said, ensure_ascii=False)[1:-1]
        self._second, self._time = 0, ""

    def of(self, release_id: str, other_id: str) -> Noted:
        """Return the same for answers that are of another release."""
        other = copy(self)
        other._known = self._known.replace(release_id, other_id)
        return other

    def note(self, seconds: float, rest: str = "") -> None:
        """Count and log one more; the rest of its line is in JSON and begins with a comma."""
        for counter in self._counters:
            counter.add()
        for times in self._timed:
            times.add(seconds)
        if logger.isEnabledFor(logging.INFO):
            if (now := int(time.time())) != self._second:
                self._second, self._time = now, _time()
            _log(f'{{"time": "{self._time}", {self._known}{rest}, "ms": {seconds * 1000:.2f}}}')


def about(query: str, sent: int, rows: int | None) -> str:
    """Return the rest of a line of log: what differs between the answers to queries of a kind."""
    counted = "" if rows is None else f', "rows": {rows}'
    return f', "bytes": {sent}, "query": "{_digest(query)}"{counted}'


def _log(line: str) -> None:
    # `logger.info` would find out where it was called from, which takes longer than all the rest.
    record = object.__new__(logging.LogRecord)
    record.__dict__.update(_RECORD.__dict__, msg=line, created=time.time())
    logger.handle(record)


_RECORD = logging.makeLogRecord({"name": logger.name, "levelno": logging.INFO, "levelname": "INFO"})


class _Gauges(Collector):
    """What is true at the moment: the cache's size, every number of the engine's health, and what cells came to."""

    def __init__(self, site: Site, cache: ByteCache) -> None:
        self._site, self._cache = site, cache

    def collect(self) -> Iterable[Metric]:
        """Return the gauges, and the counters that the engine keeps itself."""
        yield GaugeMetricFamily("pfgraph_cache_bytes", "Bytes in the cache.", value=self._cache.bytes)
        yield GaugeMetricFamily("pfgraph_cache_entries", "Answers in the cache.", value=len(self._cache))
        health = self._site.engine.health()
        for name, value in health.items():
            if isinstance(value, int) and name != "spawned":
                yield GaugeMetricFamily(f"pfgraph_engine_{name}", _TOLD[name], value=value)
        yield CounterMetricFamily("pfgraph_cells_spawned", "Cells that were started.", value=health["spawned"])
        ended = CounterMetricFamily("pfgraph_cells_killed", "Cells that ended, by cause.", labels=["cause"])
        for cause, count in health["killed"].items():
            ended.add_metric([cause], count)
        yield ended


class Watched:
    """An application every request of which is counted and logged, one JSON line each."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the application answer, and note how it went."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        notes, began = trace(scope), time.perf_counter()
        status, sent = 0, 0

        async def noting(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                sent += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            seconds = time.perf_counter() - began
            self._metrics.note(_area(scope), _method(scope), status, seconds, notes)
            if logger.isEnabledFor(logging.INFO):
                _log(_line(scope, notes, status, sent, seconds))


def _area(scope: Scope) -> str:
    """Return what the request is about, as one of few words."""
    first = scope["path"].removeprefix(scope.get("root_path", "")).split("/", 2)[1:2]
    area = first[0] if first else ""
    return area if area in _AREAS else "home" if area == "" else "other"


def _method(scope: Scope) -> str:
    method: str = scope["method"]
    return method if method in {"GET", "HEAD", "POST", "OPTIONS"} else "OTHER"


def _line(scope: Scope, notes: Trace, status: int, sent: int, seconds: float) -> str:
    said = {"time": _time(), **_said(scope, notes, status, sent), "ms": round(seconds * 1000, 2)}
    return json.dumps(said, ensure_ascii=False)


def _time() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _said(scope: Scope, notes: Trace, status: int, sent: int) -> dict[str, Any]:
    """Return what the log says of a request, but when it was and how long it took."""
    client = scope.get("client")
    said: dict[str, Any] = {
        "client": client[0] if client else "",
        "method": scope["method"],
        "path": scope["path"],
        "status": status,
        "bytes": sent,
        "outcome": notes.outcome,
        "cache": notes.cache,
        "release": notes.release,
        "form": notes.form,
        # Which query it was, without keeping what somebody asked.
        "query": None if notes.query is None else _digest(notes.query),
        "name": notes.name,
        "rows": None if notes.answer is None else notes.answer.rows,
    }
    return {key: value for key, value in said.items() if value is not None}


def _digest(query: str) -> str:
    return sha256(query.encode()).hexdigest()[:16]


class Operations:
    """The routes for whoever keeps the server running."""

    def __init__(self, site: Site, metrics: Metrics) -> None:
        self._site, self._metrics = site, metrics

    async def health(self, _request: Request) -> Response:
        """Return how the process, its engine and its release are."""
        found = {
            "version": version("pfgraph"),
            "release": self._site.current_id(),
            "engine": self._site.engine.health(),
        }
        return JSONResponse({"status": "ok", **found}, headers=_NO_STORE)

    async def ready(self, _request: Request) -> Response:
        """Return whether queries can be answered now."""
        release_id = self._site.current_id()
        status = 503 if release_id is None or self._site.engine.is_draining else 200
        return JSONResponse({"ready": status == 200, "release": release_id}, status, headers=_NO_STORE)

    async def metrics(self, _request: Request) -> Response:
        """Return the metrics in Prometheus' text format."""
        kind = "text/plain; version=0.0.4; charset=utf-8"
        return Response(generate_latest(self._metrics.registry), headers=_NO_STORE, media_type=kind)
