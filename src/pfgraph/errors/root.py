"""The root of the exceptions."""

from __future__ import annotations

from typing import Unpack

from pfgraph.messages import Message, Parts, Text, both


class PfgraphError(Exception):
    """Something a person can act on: where, what was found, what was expected, what to try.

    `ja` and `en` are complete messages and `str(error)` is both, one line each; `fields()` are the parts.
    """

    def __init__(self, ja: str, en: str, **parts: Unpack[Parts]) -> None:
        where, found = both(parts.get("where")), both(parts.get("found"))
        expected, try_ = both(parts.get("expected")), both(parts.get("try_"))
        self.message = Message(Text(ja, en), where, found, expected, try_)
        self.ja, self.en = self.message.ja, self.message.en
        super().__init__(ja, en)

    def __str__(self) -> str:
        """Both languages, one line each."""
        return f"{self.ja}\n{self.en}"

    def fields(self) -> dict[str, dict[str, str]]:
        """Return the parts of the message (message, where, found, expected, try) by language, for JSON."""
        return self.message.fields()


class SettingError(PfgraphError):
    """An environment variable that cannot be a setting."""
