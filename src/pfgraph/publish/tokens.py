"""Who may write: tokens that are known by their digests only, each with its scopes."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from hashlib import sha256

from pfgraph.errors import SettingError
from pfgraph.messages import Text

VARIABLE = "PFGRAPH_TOKENS"
# What each scope allows: to try a change out, to change data, to change the ontology, its shapes and its rules.
SCOPES = ("dry-run", "write", "ontology")
_PREFIX = "pfg_"
_ENTRY = re.compile(r"([A-Za-z0-9._-]{1,60}):([a-z-]+(?:\+[a-z-]+)*):([0-9a-f]{64})")


@dataclass(frozen=True)
class Grant:
    """What a token allows its holder, by the name the token was given."""

    name: str
    scopes: frozenset[str]
    _digest: bytes = field(repr=False)

    def allows(self, scope: str) -> bool:
        """Whether the scope is one of these; who may write may also try a change out."""
        return scope in self.scopes or (scope == "dry-run" and bool(self.scopes))

    def is_for(self, digest: bytes) -> bool:
        """Whether a token with this digest is meant, in a time that does not depend on the digest."""
        return hmac.compare_digest(self._digest, digest)


class Tokens:
    """The tokens of one server."""

    def __init__(self, grants: Collection[Grant] = ()) -> None:
        self._grants = tuple(grants)

    def __bool__(self) -> bool:
        """Whether anyone may write."""
        return bool(self._grants)

    @classmethod
    def parse(cls, text: str) -> Tokens:
        """Return the tokens that a setting lists: `name:scope+scope:digest`, with blanks or commas between them.

        What is wrong is told by its place: it could be a token that nobody hashed, and must not show.
        """
        entries = re.split(r"[\s,]+", text.strip()) if text.strip() else []
        return cls([_grant(entry, number) for number, entry in enumerate(entries, start=1)])

    def grant(self, token: str) -> Grant | None:
        """Return what a token allows, or None for one that is not known; every entry is compared."""
        digest = sha256(token.encode()).digest()
        found = [grant for grant in self._grants if grant.is_for(digest)]
        return found[0] if found else None


def new(name: str, scopes: Collection[str]) -> tuple[str, str]:
    """Return a new token, which is kept nowhere, and the entry by which a server knows it."""
    token = _PREFIX + secrets.token_urlsafe(32)
    entry = f"{name}:{'+'.join(scopes)}:{sha256(token.encode()).hexdigest()}"
    _grant(entry, 1)
    return token, entry


def _grant(entry: str, number: int) -> Grant:
    match = _ENTRY.fullmatch(entry)
    if match and set(scopes := match[2].split("+")) <= set(SCOPES):
        return Grant(match[1], frozenset(scopes), bytes.fromhex(match[3]))
    known = ", ".join(SCOPES)
    raise SettingError(
        "トークンの登録を読めません。",
        "This entry for a token cannot be read.",
        where=Text(f"{VARIABLE} の {number} 番目", f"{VARIABLE}, entry {number}"),
        expected=Text(f"名前:権限+権限:SHA-256（権限は {known}）", f"name:scope+scope:SHA-256 (scopes: {known})"),
        try_=Text("`pfgraph token new` が登録を作ります。", "`pfgraph token new` makes one."),
    )
