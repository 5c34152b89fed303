"""Whether the positions and digests in the graph fit the printed words of a source document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from pyoxigraph import NamedNode, Triple

from pfgraph.errors import NotFound
from pfgraph.graph.dataset import Dataset
from pfgraph.messages import Message, Text, both
from pfgraph.namespaces import OA, PF
from pfgraph.sources import characters
from pfgraph.sources.origins import Origin


@dataclass(frozen=True)
class Mismatch:
    """Something the graph says of a document that does not fit the document, and where it says so."""

    subject: str
    message: Message


@dataclass(frozen=True)
class Verification:
    """Which document a text is, how many spans of it were compared, and what does not fit."""

    document: str
    spans: int
    mismatches: tuple[Mismatch, ...]


@dataclass(frozen=True)
class _Span:
    """Where some words of a document are said to stand, in characters, and their digest."""

    subject: str
    start: int | None
    end: int | None
    quote_digest: str
    origin: Origin | None


def verify_source(dataset: Dataset, text_file: Path) -> Verification:
    """Return how the positions and digests in the graph fit a text, read as the document it fits best."""
    text = characters.decode(text_file, text_file.name)
    values = _Values(dataset)
    found = [_compare(document, text, values) for document in values.documents()]
    if not found:
        raise NotFound(
            "本文のハッシュ（pf:textDigest）を持つ出典文書がありません。",
            "No source document in the graph carries the digest of its text (pf:textDigest).",
        )
    return min(found, key=lambda verification: len(verification.mismatches) / (verification.spans + 1))


class _Values:
    """The values of the properties that evidence is made of, by property and subject."""

    def __init__(self, dataset: Dataset) -> None:
        names = (PF.textDigest, PF.document, PF.fragment, PF.quoteDigest, OA.hasSelector, OA.start, OA.end)
        self._values: dict[NamedNode, dict[str, str]] = {name: {} for name in names}
        self._triples: dict[tuple[NamedNode, str], Triple] = {}
        self._origins = dataset.origins
        for triple in dataset.default_graph:
            if triple.predicate in self._values:
                self._values[triple.predicate][_value(triple.subject)] = _value(triple.object)
                self._triples[triple.predicate, _value(triple.subject)] = triple

    def documents(self) -> list[str]:
        """Return the documents that carry a digest of their text."""
        return sorted(self._values[PF.textDigest])

    def text_digest(self, document: str) -> str:
        """Return the digest of a document's text."""
        return self._values[PF.textDigest][document].lower()

    def origin(self, subject: str, *properties: NamedNode) -> Origin | None:
        """Return where the first of these properties that a subject has was read."""
        found = (self._triples[p, subject] for p in properties if (p, subject) in self._triples)
        return next((self._origins[t] for t in found if t in self._origins), None)

    def spans(self, document: str) -> Iterator[_Span]:
        """Return what statements and errata say of the words of a document."""
        fragments = self._values[PF.fragment]
        for subject in sorted(fragments):
            if self._values[PF.document].get(fragments[subject]) != document:
                continue
            selector = self._values[OA.hasSelector].get(subject, "")
            start, end = (_number(self._values[name].get(selector)) for name in (OA.start, OA.end))
            quote_digest = self._values[PF.quoteDigest].get(subject, "").lower()
            yield _Span(subject, start, end, quote_digest, self.origin(subject, PF.quoteDigest, PF.fragment))


def _value(term: object) -> str:
    return str(getattr(term, "value", term))


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _compare(document: str, text: str, values: _Values) -> Verification:
    mismatches = []
    expected = values.text_digest(document)
    if _digest(text) != expected:
        message = _message(values.origin(document, PF.textDigest), _DIFFERS, _digest(text), expected, _OTHER)
        mismatches.append(Mismatch(document, message))
    spans = list(values.spans(document))
    faults = ((span.subject, _fault(text, span)) for span in spans)
    mismatches += [Mismatch(subject, fault) for subject, fault in faults if fault]
    return Verification(document, len(spans), tuple(mismatches))


_DIFFERS = Text("ハッシュが文書と一致しません。", "The digest does not match the document.")
_OUTSIDE = Text("位置が文書の外にあります。", "The position lies outside the document.")
_MISSING = Text("位置またはハッシュがありません。", "The position or the digest is missing.")
_WANTED = Text("oa:start と oa:end、および pf:quoteDigest", "oa:start and oa:end, and pf:quoteDigest")
_OTHER = Text(
    "別の文書か、抽出の仕方が異なる文書です。",
    "This is another document, or the same one extracted otherwise.",
)


def _fault(text: str, span: _Span) -> Message | None:
    """Return why a span does not fit, or None."""
    if span.start is None or span.end is None or not span.quote_digest:
        return _message(span.origin, _MISSING, None, _WANTED, None)
    place = f"{span.start}–{span.end}"
    if not span.start < span.end <= len(text):
        return _message(span.origin, _OUTSIDE, place, f"0 ≤ oa:start < oa:end ≤ {len(text)}", None)
    found = _digest(text[span.start : span.end])
    if found == span.quote_digest:
        return None
    elsewhere = _elsewhere(text, span.end - span.start, span.quote_digest)
    return _message(span.origin, _DIFFERS, f"{place} {found}", span.quote_digest, elsewhere)


def _elsewhere(text: str, length: int, quote_digest: str) -> Text | None:
    """Return where in the text the words with this digest do stand, if they have the same length."""
    for start in range(len(text) - length + 1):
        if _digest(text[start : start + length]) == quote_digest:
            found = f"{start}–{start + length}"
            return Text(f"その文言は {found} にあります。", f"Those words stand at {found}.")
    return None


def _message(
    origin: Origin | None, text: Text, found: str | None, expected: Text | str | None, try_: Text | None
) -> Message:
    where = Text(origin.to_text("ja"), origin.to_text("en")) if origin else None
    return Message(text, where, both(found), both(expected), try_)
