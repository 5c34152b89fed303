"""What a message to a person is made of, in Japanese and English."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypedDict, overload


class Text(NamedTuple):
    """The same words in Japanese and in English."""

    ja: str
    en: str

    def in_language(self, lang: str) -> str:
        """Return the Japanese words for `ja`, the English ones for anything else."""
        return self.ja if lang == "ja" else self.en


@overload
def both(text: Text | str) -> Text: ...
@overload
def both(text: None) -> None: ...
@overload
def both(text: Text | str | None) -> Text | None: ...
def both(text: Text | str | None) -> Text | None:
    """Return a text as it is, and a plain string (a code, an IRI, a file name) as its own translation."""
    return Text(text, text) if isinstance(text, str) else text


class Parts(TypedDict, total=False):
    """What a message may say beyond its sentence."""

    where: Text | str | None
    found: Text | str | None
    expected: Text | str | None
    try_: Text | str | None


@dataclass(frozen=True)
class Message:
    """A sentence, and where it applies, what was found, what was expected, what to try."""

    text: Text
    where: Text | None = None
    found: Text | None = None
    expected: Text | None = None
    try_: Text | None = None

    @property
    def ja(self) -> str:
        """The whole message in Japanese."""
        text = f"{self.where.ja}: {self.text.ja}" if self.where else self.text.ja
        text += f" 実際の値: {self.found.ja}。" if self.found else ""
        text += f" 期待する値: {self.expected.ja}。" if self.expected else ""
        return text + (f" {self.try_.ja}" if self.try_ else "")

    @property
    def en(self) -> str:
        """The whole message in English."""
        text = f"{self.where.en}: {self.text.en}" if self.where else self.text.en
        text += f" Found: {self.found.en}." if self.found else ""
        text += f" Expected: {self.expected.en}." if self.expected else ""
        return text + (f" {self.try_.en}" if self.try_ else "")

    def fields(self) -> dict[str, dict[str, str]]:
        """Return the parts by name and language, for JSON."""
        parts = {
            "message": self.text,
            "where": self.where,
            "found": self.found,
            "expected": self.expected,
            "try": self.try_,
        }
        return {name: {"ja": text.ja, "en": text.en} for name, text in parts.items() if text}
