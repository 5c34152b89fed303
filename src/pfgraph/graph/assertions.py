"""Triples by the handful: one subject, one property, each of some values."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from pfgraph.messages import Text
from pfgraph.namespaces import base_iri, compact

Value = NamedNode | BlankNode | Literal | Triple


def about(subject: NamedNode, predicate: NamedNode, *values: Value) -> Iterator[Triple]:
    """Return a triple for each of the values."""
    for value in values:
        yield Triple(subject, predicate, value)


def literals(text: Text) -> tuple[Literal, Literal]:
    """Return a text in Japanese and in English."""
    return Literal(text.ja, language="ja"), Literal(text.en, language="en")


def own(path: str) -> NamedNode:
    """Return the IRI under our base that a path stands for."""
    return NamedNode(f"{base_iri()}{path}")


def dataset_iri(name: str = "") -> NamedNode:
    """Return the IRI of the published dataset, or of a part of its description."""
    return own(f"dataset#{name}" if name else "dataset")


def local(term: NamedNode) -> str:
    """Return a short name for a class, property or graph, for use in an IRI."""
    name = compact(term.value)
    return sha256(name.encode()).hexdigest()[:12] if name == term.value else name.replace(":", "-")
