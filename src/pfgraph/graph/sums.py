"""The digest of a set of lines, kept as a sum so that one line more or less need not touch the others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256, shake_128

BYTES = 512
_MODULUS = 1 << (8 * BYTES)


@dataclass(frozen=True)
class LineSum:
    """The sum of the SHAKE-128 values (512 bytes) of lines, modulo 2^4096.

    Equal sets have equal sums, in whatever order they came about. To make another set with the same sum takes about
    2^128 steps (Wagner's generalised birthday, 2^(2·√4096)): Bellare and Micciancio's AdHash with a wide modulus.
    """

    total: int = 0

    def plus(self, lines: Iterable[str]) -> LineSum:
        """Return the sum with lines that were not in the set."""
        return LineSum((self.total + _sum(lines)) % _MODULUS)

    def minus(self, lines: Iterable[str]) -> LineSum:
        """Return the sum without lines that were in the set."""
        return LineSum((self.total - _sum(lines)) % _MODULUS)

    @property
    def digest(self) -> str:
        """The SHA-256 of the sum's 512 bytes, the least significant first."""
        return sha256(self.total.to_bytes(BYTES, "little")).hexdigest()

    def to_hex(self) -> str:
        """Return the sum as text."""
        return f"{self.total:x}"

    @classmethod
    def of_hex(cls, text: str) -> LineSum:
        """Return the sum that a text writes."""
        return cls(int(text, 16) % _MODULUS)


def _sum(lines: Iterable[str]) -> int:
    """Return the sum of the values of lines, each taken without its line feed, in UTF-8."""
    values = (int.from_bytes(shake_128(line.encode()).digest(BYTES), "little") for line in lines)
    return sum(values)
