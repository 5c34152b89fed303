"""What became of one request, as the access log and the metrics tell it."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pfgraph.query.exchange import Answer
from pfgraph.releases.release import Release
from pfgraph.web.negotiation import Form
from pfgraph.web.protocol import QueryOperation

_KEY = "pfgraph.trace"
# Where an answer is that was had before the application is asked, or what there is in place of one.
READY = "pfgraph.ready"
HUNG_UP = "client-hung-up"


@dataclass(frozen=True)
class Plain:
    """What the answer to a query is made of that is sent as the engine wrote it: all but the query itself."""

    release: Release
    operation: QueryOperation
    form: Form

    @cached_property
    def is_of_all(self) -> bool:
        """Whether it is asked of the whole release, and not of some of its graphs."""
        return not self.operation.default_graphs and not self.operation.named_graphs


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
    plain: Plain | None = None


def trace(scope: MutableMapping[str, Any]) -> Trace:
    """Return the notes on this request, the same object for everyone who asks."""
    found = scope.get(_KEY)
    if not isinstance(found, Trace):
        found = scope[_KEY] = Trace()
    return found
