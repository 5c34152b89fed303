"""The bytes of a plain GET with a query in its address, taken apart without reading all of them."""

from __future__ import annotations

import re
from binascii import a2b_qp
from typing import NamedTuple

_LINE = re.compile(rb"GET ([^ ?]+)\?((?:[A-Za-z0-9+._~()*!',;:@/?=&$-]++|%[0-9A-Fa-f]{2})++) HTTP/1\.1\r\n")
_QUERY = b"query="


class Parts(NamedTuple):
    """A GET in pieces: path, parameters, the query among them as it is encoded, the others, and the headers."""

    path: bytes
    query_string: bytes
    query: bytes
    others: tuple[bytes, ...]
    headers: bytes


def parted(data: bytes) -> Parts | None:
    """Return a GET with one query in its address in pieces, or None where it is not as plain as that."""
    line = _LINE.match(data)
    if line is None:
        return None
    fields = line[2].split(b"&")
    queries = [field for field in fields if field.startswith(_QUERY)]
    if len(queries) != 1:
        return None
    others = tuple(field for field in fields if field is not queries[0])
    return Parts(line[1], line[2], queries[0][len(_QUERY) :], others, data[line.end() :])


def query_of(parts: Parts) -> str:
    """Return the query, or raise UnicodeDecodeError; it is decoded once (D8)."""
    # What quoted-printable writes as `=` and two digits is a `%` and two digits here: the quickest decoder there is.
    return a2b_qp(parts.query.replace(b"+", b" ").replace(b"=", b"=3D").replace(b"%", b"=")).decode()
