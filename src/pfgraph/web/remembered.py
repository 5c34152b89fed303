"""What is remembered of requests and their answers, for those that are like them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from http import HTTPStatus
from typing import Generic, NamedTuple, TypeVar

from pfgraph.query.sparql import Operation
from pfgraph.releases.release import Release
from pfgraph.web.cache import etag
from pfgraph.web.manners import ALWAYS
from pfgraph.web.operations import Noted
from pfgraph.web.trace import Plain

Headers = tuple[tuple[bytes, bytes], ...]


def status_line(status: int) -> bytes:
    """Return the line that an answer begins with."""
    return b"HTTP/1.1 %d %s\r\n" % (status, HTTPStatus(status).phrase.encode())


def lines(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return headers as they are sent."""
    return b"".join(b"%s: %s\r\n" % header for header in headers)


OK = status_line(200)
ENDING = lines(ALWAYS) + b"\r\n"


@dataclass(frozen=True)
class Exact:
    """The whole answer to a request but for its date; of one that is kept, in which release's time it was given."""

    status_line: bytes
    rest: bytes
    release_id: str = ""
    noted: Noted | None = None


@dataclass(frozen=True)
class Kind:
    """What the answers to requests that differ in their query have in common."""

    release_id: str
    plain: Plain
    form: str
    client: str
    url: str
    query_string: bytes
    headers: Headers
    # The same as lines, cut where they repeat the parameters of the address.
    lines: tuple[bytes, ...]
    coding: str | None
    key: Callable[[bytes], tuple[Hashable, ...]]
    noted: Noted
    hung_up: Noted
    # Whether the answers to the same request in the time of another release differ in the name of the release only.
    is_lasting: bool

    @cached_property
    def release(self) -> bytes:
        """The release that the answers are from."""
        return self.plain.release.id.encode()

    def on(self, release: Release) -> Kind:
        """Return the kind of the same requests once another release is the current one."""
        old, new = self.release, release.id.encode()
        return replace(
            self,
            release_id=release.id,
            plain=replace(self.plain, release=release),
            url=self.url.replace(self.release_id, release.id),
            headers=tuple((name, value.replace(old, new)) for name, value in self.headers),
            lines=tuple(line.replace(old, new) for line in self.lines),
            noted=self.noted.of(self.release_id, release.id),
            hung_up=self.hung_up.of(self.release_id, release.id),
        )

    def headers_for(self, query_string: bytes) -> Headers:
        """Return the headers of the answer to a request with these parameters, but those that describe its body."""
        return tuple((name, value.replace(self.query_string, query_string)) for name, value in self.headers)

    def plainly(self, query_string: bytes, body: bytes) -> Exact:
        """Return an answer in no coding."""
        tag = etag(self.release, body)
        described = b"content-length: %d\r\netag: %s\r\n" % (len(body), tag)
        return Exact(OK, b"".join((query_string.join(self.lines), described, ENDING, body)))


class Alike(NamedTuple):
    """A request of a kind: its parameters, its query, and what that asks for."""

    kind: Kind
    query_string: bytes
    query: str
    operation: Operation


K = TypeVar("K", Exact, Kind)


class Kept(Generic[K]):
    """What is remembered; once there is too much, all of it is forgotten."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._found: dict[Hashable, K] = {}

    def put(self, key: Hashable, kept: K) -> None:
        """Remember something."""
        if len(self._found) >= self._most and key not in self._found:
            self._found.clear()
        self._found[key] = kept

    def get(self, key: Hashable) -> K | None:
        """Return what is remembered, of whichever release it is."""
        return self._found.get(key)
