"""What is asked of the engine, and what it answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pfgraph.query.sparql import Operation


class Stored(Protocol):
    """A release, as far as a query is concerned."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    @property
    def store_path(self) -> Path:
        """Its read-only store."""
        ...


@dataclass(frozen=True)
class Request:
    """A query on a release, the media type to write the answer in, and the protocol's dataset clause.

    Whoever has inspected the query already hands over the operation it asks for.
    """

    query: str
    media_type: str
    release: Stored
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    timeout_s: float | None = None
    client: str = ""
    operation: Operation | None = None


@dataclass
class Answer:
    """An answer: bytes when it is complete, else the pieces as they come, which fail rather than end early.

    `rows` is how many solutions or triples have been written, as far as the syntax lets one count; `stream_s` how
    long the pieces may take to be read.
    """

    media_type: str
    form: str
    body: bytes | AsyncIterator[bytes]
    complete: bool
    duration_s: float
    rows: int | None = None
    stream_s: float | None = None
