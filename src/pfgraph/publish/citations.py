"""Citations: a query, the release it was asked of and the digest of the answer, under a short IRI for ever.

home/citations/<key>.json     one file for each, never changed
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from pfgraph.errors import CitationsFull, NotFound, ReleaseError
from pfgraph.messages import Text
from pfgraph.namespaces import base_iri
from pfgraph.publish.results import METHOD, Canonical
from pfgraph.releases import durability, locks
from pfgraph.releases.archive import CITATIONS
from pfgraph.releases.history import written
from pfgraph.releases.keepsakes import Keepsakes
from pfgraph.releases.release import Release

KEY = re.compile(r"[a-z2-7]{12}")
FORMAT = 1
_WAIT_S = 5.0


@dataclass(frozen=True)
class Question:
    """What is cited, before it is answered: a query on a release, with the dataset the protocol named."""

    query: str
    form: str
    release: str
    release_digest: str
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()

    @classmethod
    def of(cls, query: str, form: str, release: Release, graphs: tuple[tuple[str, ...], tuple[str, ...]]) -> Question:
        """Return the question that a query asks of a release; line ends do not make it another one."""
        text = query.replace("\r\n", "\n").replace("\r", "\n").strip()
        default, named = (tuple(sorted(set(each))) for each in graphs)
        return cls(text, form, release.id, release.manifest.digest, default, named)

    @property
    def key(self) -> str:
        """The end of the citation's IRI: 60 bits of the SHA-256 of the question, the same on every machine."""
        asked = [self.query, self.release_digest, self.default_graphs, self.named_graphs]
        text = json.dumps(asked, ensure_ascii=False, separators=(",", ":"))
        return base64.b32encode(sha256(text.encode()).digest()).decode()[:12].lower()


@dataclass(frozen=True)
class Citation:
    """A question and what its answer was: its digest by a method, how many rows it had, and when."""

    key: str
    question: Question
    digest: str
    rows: int
    created: str
    released: str
    method: str = METHOD
    format: int = FORMAT

    @property
    def iri(self) -> str:
        """The citation's own name."""
        return f"{base_iri()}cite/{self.key}"

    def to_dict(self) -> dict[str, Any]:
        """Return the citation as a JSON value."""
        values = asdict(self)
        return {"iri": self.iri, "key": values.pop("key"), **values.pop("question"), **values}

    def to_json(self) -> str:
        """Return the citation as JSON text."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=2) + "\n"

    @classmethod
    def read(cls, path: Path) -> Citation:
        """Return a citation from its file."""
        try:
            values: dict[str, Any] = json.loads(path.read_bytes())
            asked = {each.name: values[each.name] for each in fields(Question)}
            asked |= {name: tuple(asked[name]) for name in ("default_graphs", "named_graphs")}
            rest = {each.name: values[each.name] for each in fields(cls) if each.name != "question"}
            return cls(question=Question(**asked), **rest)
        except (OSError, ValueError, KeyError, TypeError) as error:
            ja, en = "引用の記録を読めません。", "The record of a citation cannot be read."
            raise ReleaseError(ja, en, where=path.name, found=str(error)) from error


class Citations:
    """The citations of one home; so many at most, since anyone may make one."""

    def __init__(self, home: Path, limit: int) -> None:
        self._home, self._limit = home, limit
        self._folder = home / CITATIONS

    def __iter__(self) -> Iterator[Citation]:
        """Return every citation."""
        yield from (Citation.read(path) for path in sorted(self._folder.glob("*.json")) if KEY.fullmatch(path.stem))

    def find(self, key: str) -> Citation | None:
        """Return the citation with a key, if there is one."""
        path = self._folder / f"{key}.json"
        return Citation.read(path) if KEY.fullmatch(key) and path.exists() else None

    def get(self, key: str) -> Citation:
        """Return the citation with a key, or raise NotFound."""
        found = self.find(key)
        if found is None:
            try_ = Text("IRI の末尾の12文字を確かめてください。", "Check the last twelve characters of the IRI.")
            ja, en = "その引用は登録されていません。", "There is no such citation here."
            raise NotFound(ja, en, found=key[:100], try_=try_)
        return found

    def add(self, question: Question, result: Canonical, release: Release) -> Citation:
        """Return the citation of a question, kept down to the disk; the one there is, if there is one.

        The caller holds a lease on the release, which is kept for ever from now on.
        """
        with durability.explained(self._home):
            self._folder.mkdir(parents=True, exist_ok=True)
            with locks.writing(self._home / "citations.lock", _WAIT_S):
                found = self.find(question.key)
                if found is not None:
                    return _same(found, question)
                if sum(1 for _ in self._folder.glob("*.json")) >= self._limit:
                    raise CitationsFull(self._limit)
                now = written(datetime.now(UTC))
                made = Citation(question.key, question, result.digest, result.rows, now, release.manifest.created)
                Keepsakes(self._home).cite(release.id)
                durability.replace(self._folder / f"{made.key}.json", made.to_json().encode())
                return made


def _same(found: Citation, question: Question) -> Citation:
    if found.question != question:
        ja, en = "同じ短縮IRIで別の引用があります。", "Another citation has the same short IRI."
        raise ReleaseError(
            ja, en, found=found.iri, try_=Text("クエリに改行を足してください。", "Add a blank line inside.")
        )
    return found
