"""Whether every IRI of ours that is used is also described."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from pyoxigraph import Literal, NamedNode

from pfgraph.errors import LinkError
from pfgraph.messages import Text
from pfgraph.namespaces import ID, PF, RDF, SH, compact, prefixes
from pfgraph.sources.mentions import mentions
from pfgraph.sources.origins import Origin, Reading

NEAR = 3


def dangling(readings: Iterable[Reading], queries: Mapping[str, str]) -> list[LinkError]:
    """Return an error for every place that uses an IRI of ours to which no rdf:type is given.

    The places are triples, and the SPARQL in them and in `queries` (texts by file). A file with errors may have
    lost the description, so nothing is said of the namespaces it describes.
    """
    readings = list(readings)
    if any(reading.errors and not reading.statements for reading in readings):
        return []
    described = _described(readings)
    uncertain = {_namespace(iri) for iri in _described(r for r in readings if r.errors)}
    places = chain(_in_triples(readings), _in_queries(queries))
    wrong = (p for p in places if p[0] not in described and _namespace(p[0]) not in uncertain)
    return list(_errors(dict.fromkeys(wrong), described))


def _described(readings: Iterable[Reading]) -> set[str]:
    statements = chain.from_iterable(reading.statements for reading in readings)
    subjects = (triple.subject for triple, _ in statements if triple.predicate == RDF.type)
    return {subject.value for subject in subjects if isinstance(subject, NamedNode)}


def _in_triples(readings: Iterable[Reading]) -> Iterator[tuple[str, Origin]]:
    """Return every use of an IRI of ours, and where."""
    ours = (str(ID), str(PF))
    sparql = {SH.select, SH.ask, SH.construct}
    for triple, origin in chain.from_iterable(reading.statements for reading in readings):
        for term in (triple.subject, triple.predicate, triple.object):
            if isinstance(term, NamedNode) and term.value.startswith(ours):
                yield term.value, origin
        if triple.predicate in sparql and isinstance(triple.object, Literal):
            for iri, _ in mentions(triple.object.value, prefixes()):
                if iri.startswith(ours) and _is_name(iri):
                    yield iri, origin


def _in_queries(queries: Mapping[str, str]) -> Iterator[tuple[str, Origin]]:
    """Return every mention of an IRI of ours in the texts of queries, and where."""
    ours = (str(ID), str(PF))
    for file, text in queries.items():
        for iri, line in mentions(text, {}):
            if iri.startswith(ours) and _is_name(iri):
                yield iri, Origin(file, line)


def _is_name(iri: str) -> bool:
    """Whether an IRI names something, and is no namespace that a query builds names from."""
    return not iri.endswith(("/", "#"))


def _namespace(iri: str) -> str:
    """Return all but the last part of an IRI."""
    return iri[: max(iri.rfind("/"), iri.rfind("#")) + 1]


def _errors(places: Iterable[tuple[str, Origin]], described: Iterable[str]) -> Iterator[LinkError]:
    siblings: dict[str, list[str]] = {}
    for iri in sorted(described):
        siblings.setdefault(_namespace(iri), []).append(iri)
    near: dict[str, list[str]] = {}
    for iri, origin in places:
        if iri not in near:
            near[iri] = _near(iri, siblings)
        yield _error(iri, origin, near[iri])


def _near(iri: str, siblings: Mapping[str, list[str]]) -> list[str]:
    """Return the described IRIs in the same namespace whose names are most like this one's."""
    namespace = _namespace(iri)
    names = {sibling[len(namespace) :]: sibling for sibling in siblings.get(namespace, ())}
    return [names[name] for name in difflib.get_close_matches(iri[len(namespace) :], names, n=NEAR)]


def _error(iri: str, origin: Origin, near: list[str]) -> LinkError:
    names = ", ".join(compact(name) for name in near)
    return LinkError(
        "使われている IRI について何も記述されていません（rdf:type がありません）。",
        "An IRI is used that nothing describes (it has no rdf:type).",
        file=origin.file,
        line=origin.line,
        column=origin.column,
        found=compact(iri),
        try_=Text(f"{names} のことですか。", f"Did you mean {names}?") if near else None,
    )
