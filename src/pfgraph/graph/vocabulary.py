"""The terms our files may use: our own, and those borrowed from other vocabularies."""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Triple

from pfgraph.errors import SourceError, SourcesRefused, TableError, VocabularyError
from pfgraph.messages import Text
from pfgraph.namespaces import PF, RDF, RDFS, compact, expand
from pfgraph.sources import characters
from pfgraph.sources.origins import Origin, Reading

BORROWED_FILE = Path("ontology", "borrowed-terms.csv")
COLUMNS = ("term", "kind", "sub", "domain", "range")
NEAR = 3


@dataclass(frozen=True)
class BorrowedTerm:
    """A term as its own vocabulary has it: its types, what it specialises, its domains and its ranges.

    An item of `domain` or `range` with several classes is a union: the subject is of one of them.
    """

    term: NamedNode
    kinds: tuple[NamedNode, ...]
    supers: tuple[NamedNode, ...] = ()
    domain: tuple[tuple[NamedNode, ...], ...] = ()
    range: tuple[tuple[NamedNode, ...], ...] = ()


@dataclass(frozen=True)
class UnknownTerm:
    """A term that no vocabulary has, one triple that uses it, and the names it may have been meant to be."""

    term: NamedNode
    triple: Triple
    near: tuple[str, ...]


def read_borrowed(path: Path, file: str) -> Mapping[str, BorrowedTerm]:
    """Return the borrowed terms of a list by IRI, or raise SourcesRefused with every row that is wrong."""
    rows = list(csv.reader(io.StringIO(characters.decode(path, file))))
    if not rows or tuple(rows[0]) != COLUMNS:
        found, expected = ",".join(rows[0]) if rows else "", ",".join(COLUMNS)
        raise SourcesRefused([_row_error(file, 1, found, expected)])
    terms: dict[str, BorrowedTerm] = {}
    errors: list[SourceError] = []
    for line, row in enumerate(rows[1:], start=2):
        try:
            borrowed = _borrowed(row)
        except (KeyError, ValueError):
            errors.append(_row_error(file, line, ",".join(row), "prefix:name,prefix:name,…"))
            continue
        if borrowed.term.value in terms:
            errors.append(_row_error(file, line, row[0], Text("一語一行", "one row a term")))
        terms[borrowed.term.value] = borrowed
    if errors:
        raise SourcesRefused(errors)
    return terms


def _borrowed(row: list[str]) -> BorrowedTerm:
    term, kinds, supers, domain, range_ = row
    if not kinds:
        raise ValueError(term)
    return BorrowedTerm(_iri(term), _iris(kinds), _iris(supers), _classes(domain), _classes(range_))


def _classes(cell: str) -> tuple[tuple[NamedNode, ...], ...]:
    return tuple(tuple(map(_iri, item.split("|"))) for item in cell.split())


def _iris(cell: str) -> tuple[NamedNode, ...]:
    return tuple(map(_iri, cell.split()))


def _iri(name: str) -> NamedNode:
    return NamedNode(name) if "://" in name else expand(name)


def _row_error(file: str, line: int, found: str, expected: Text | str) -> TableError:
    return TableError(
        "用語の一覧の行として読めません。",
        "This is not a row of the list of terms.",
        file=file,
        line=line,
        found=found,
        expected=expected,
    )


def own_terms(triples: Iterable[Triple]) -> frozenset[str]:
    """Return the IRIs of the terms of our own namespace that these triples give a type."""
    subjects = {triple.subject for triple in triples if triple.predicate == RDF.type}
    return frozenset(s.value for s in subjects if isinstance(s, NamedNode) and s.value in PF)


def unknown_terms(triples: Iterable[Triple], known: Collection[str]) -> tuple[UnknownTerm, ...]:
    """Return the terms that the triples use and that are not among the known ones, sorted, each once.

    A term is every predicate, every type, and any IRI in the namespace of a known term.
    """
    namespaces = {_split(iri)[0] for iri in known}
    found: dict[str, Triple] = {}
    for triple in triples:
        for iri in _terms(triple, namespaces):
            if iri not in known:
                found.setdefault(iri, triple)
    names = sorted(map(compact, known)) if found else []
    return tuple(UnknownTerm(NamedNode(iri), found[iri], _near(compact(iri), names)) for iri in sorted(found))


def _terms(triple: Triple, namespaces: Collection[str]) -> Iterator[str]:
    yield triple.predicate.value
    if triple.predicate == RDF.type and isinstance(triple.object, NamedNode):
        yield triple.object.value
    for term in (triple.subject, triple.object):
        node = term.datatype if isinstance(term, Literal) else term
        namespace, local = _split(node.value) if isinstance(node, NamedNode) else ("", "")
        if local and namespace in namespaces:
            yield namespace + local


def _split(iri: str) -> tuple[str, str]:
    cut = max(iri.rfind("/"), iri.rfind("#")) + 1
    return iri[:cut], iri[cut:]


def _near(name: str, names: Collection[str]) -> tuple[str, ...]:
    """Return the names with the same last part in another vocabulary, then those spelt most alike."""
    local = name.rpartition(":")[2]
    same = [other for other in names if other.rpartition(":")[2] == local]
    alike = difflib.get_close_matches(name, names, n=NEAR, cutoff=0.75)
    return tuple(dict.fromkeys([*same, *alike]))[:NEAR]


def misused(readings: Iterable[Reading], borrowed: Mapping[str, BorrowedTerm]) -> Iterator[VocabularyError]:
    """Return an error for every term that a file uses and that neither we nor another vocabulary define."""
    readings = list(readings)
    known = own_terms(triple for reading in readings for triple, _ in reading.statements) | borrowed.keys()
    for reading in readings:
        origins = dict(reading.statements)
        for unknown in unknown_terms(origins, known):
            yield _error(unknown, origins[unknown.triple])


def _error(unknown: UnknownTerm, origin: Origin) -> VocabularyError:
    names = ", ".join(unknown.near)
    return VocabularyError(
        "この語はどの語彙にもありません（ontology/borrowed-terms.csv にも、自前の語彙にも）。",
        "No vocabulary has this term (neither ontology/borrowed-terms.csv nor our own).",
        file=origin.file,
        line=origin.line,
        column=origin.column,
        found=compact(unknown.term.value),
        try_=Text(f"{names} のことですか。", f"Did you mean {names}?") if names else None,
    )


def axioms(borrowed: Iterable[BorrowedTerm]) -> Iterator[Triple]:
    """Return what the borrowed terms entail: types, super-terms, domains and ranges that are a single class.

    A union entails nothing in OWL 2 RL. The expected types of schema.org are read as domains and ranges: more
    than it says, and so the safe side for whoever looks for what must not follow.
    """
    for term in borrowed:
        for kind in term.kinds:
            yield Triple(term.term, RDF.type, kind)
        sub = RDFS.subClassOf if _is_class(term) else RDFS.subPropertyOf
        for parent in term.supers:
            yield Triple(term.term, sub, parent)
        for predicate, items in ((RDFS.domain, term.domain), (RDFS.range, term.range)):
            for classes in items:
                if len(classes) == 1:
                    yield Triple(term.term, predicate, classes[0])


def _is_class(term: BorrowedTerm) -> bool:
    return any(kind.value.endswith(("Class", "Datatype")) for kind in term.kinds)
