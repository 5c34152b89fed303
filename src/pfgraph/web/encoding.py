"""Content codings: whole bodies and streams, as gzip or zstd."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Iterable

import zstandard

_GZIP_BITS = 31
_GZIP_LEVEL = 5
_ZSTD_LEVEL = 3
# Below this the coding's own frame outweighs what it saves.
MIN_BYTES = 512
# Beyond this, encoding takes longer than other requests should wait.
_INLINE_BYTES = 64 * 2**10
_PACKED = (b"application/gzip", b"application/zip", b"application/zstd", b"image/png", b"font/")


def compressible(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a body of this kind gets shorter, and is not encoded already."""
    found = {name.lower(): value for name, value in headers}
    kind = found.get(b"content-type", b"")
    return bool(kind) and b"content-encoding" not in found and not kind.startswith(_PACKED)


def worthwhile(headers: Iterable[tuple[bytes, bytes]], body: bytes) -> bool:
    """Whether encoding this body saves anything."""
    return len(body) >= MIN_BYTES and compressible(headers)


async def encode(body: bytes, coding: str | None) -> bytes:
    """Return a whole body in a coding; equal bodies give equal bytes."""
    if coding is None:
        return body
    if len(body) > _INLINE_BYTES:
        return await asyncio.to_thread(_encoded, body, coding)
    return _encoded(body, coding)


def _encoded(body: bytes, coding: str) -> bytes:
    encoder = Encoder(coding)
    return encoder.add(body) + encoder.end()


class Encoder:
    """A body in pieces, in a coding or as it is."""

    def __init__(self, coding: str | None) -> None:
        self._gzip = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP_BITS) if coding == "gzip" else None
        self._zstd = zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compressobj() if coding == "zstd" else None

    def add(self, piece: bytes) -> bytes:
        """Return what may be sent after one more piece; it may be nothing yet."""
        if self._gzip:
            return self._gzip.compress(piece)
        return self._zstd.compress(piece) if self._zstd else piece

    def end(self) -> bytes:
        """Return the end of the body."""
        if self._gzip:
            return self._gzip.flush()
        return self._zstd.flush() if self._zstd else b""
