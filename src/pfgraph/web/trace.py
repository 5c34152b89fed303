"""What became of one request, as the access log and the metrics tell it."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

from pfgraph.query.exchange import Answer

_KEY = "pfgraph.trace"
HUNG_UP = "client-hung-up"


@dataclass
class Trace:
    """Notes that the routes leave for whoever logs: the query, its form, the release, the outcome, the answer."""

    query: str | None = None
    form: str | None = None
    release: str | None = None
    name: str | None = None
    outcome: str = "ok"
    cache: str = "pass"
    answer: Answer | None = None


def trace(scope: MutableMapping[str, Any]) -> Trace:
    """Return the notes on this request, the same object for everyone who asks."""
    found = scope.get(_KEY)
    if not isinstance(found, Trace):
        found = scope[_KEY] = Trace()
    return found
