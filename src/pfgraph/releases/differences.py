"""What two releases differ in: the quads, as a patch, and the things they speak of."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal as Word

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Store, Triple, parse

from pfgraph.messages import Text
from pfgraph.namespaces import PF, RDF, RDFS, SKOS
from pfgraph.releases import export, layers
from pfgraph.releases.release import Release
from pfgraph.releases.shelf import Shelf

Kind = Word["added", "removed", "changed"]
KINDS: tuple[Kind, ...] = ("added", "removed", "changed")
Term = object


@dataclass(frozen=True)
class Change:
    """What is said by one property before and after: the values that went, and those that came."""

    property: str
    removed: tuple[Term, ...]
    added: tuple[Term, ...]


@dataclass(frozen=True)
class Changed:
    """A thing of which the releases do not say the same."""

    iri: str
    kind: Kind
    types: tuple[str, ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Difference:
    """The quads that only the earlier release has, those that only the later one has, and what they speak of."""

    before: Release
    after: Release
    removed: tuple[str, ...]
    added: tuple[str, ...]
    things: tuple[Changed, ...] = field(default=())
    names: Mapping[str, Text] = field(default_factory=dict)

    def patch(self) -> bytes:
        """Return the difference as an RDF Patch: its D rows and A rows are canonical N-Quads, sorted.

        Applied to the N-Quads of the earlier release it gives those of the later one.
        """
        ends = {"before": self.before, "after": self.after}
        head = [*(f'H {name} "{release.manifest.digest}" .' for name, release in ends.items()), "TX ."]
        rows = [*(f"D {line}" for line in self.removed), *(f"A {line}" for line in self.added)]
        return "".join(f"{line}\n" for line in [*head, *rows, "TC ."]).encode()

    @cached_property
    def counts(self) -> Mapping[str, Mapping[Kind, int]]:
        """How many things of each class were added, removed or changed."""
        found: dict[str, Counter[Kind]] = {}
        for thing in self.things:
            for each in thing.types:
                found.setdefault(each, Counter())[thing.kind] += 1
        return {iri: {kind: counter[kind] for kind in KINDS} for iri, counter in sorted(found.items())}


def difference(shelf: Shelf, before: Release, after: Release) -> Difference:
    """Return what two releases differ in: what they are laid on with tells, or else all of their lines."""
    change = layers.between(shelf, before, after)
    if change is None:
        removed, added = _only(_lines(before), _lines(after))
    else:
        removed, added = (sorted(f"{quad} ." for quad in quads) for quads in (change.removed, change.added))
    gone, new = _triples(removed), _triples(added)
    stores = Store.read_only(str(before.store_path)), Store.read_only(str(after.store_path))
    things = tuple(_things(gone, new, *stores))
    return Difference(before, after, tuple(removed), tuple(added), things, _names(things, stores))


def _lines(release: Release) -> Iterator[str]:
    """Return the canonical N-Quads of a release, sorted by code point."""
    if release.dump_path.exists():
        with gzip.open(release.dump_path, "rt", encoding="utf-8", newline="\n") as lines:
            yield from (line.removesuffix("\n") for line in lines)
    elif text := export.n_quads(release).decode().removesuffix("\n"):
        yield from text.split("\n")


def _only(before: Iterator[str], after: Iterator[str]) -> tuple[list[str], list[str]]:
    """Return what only one of two sorted sequences has, by going through both at once."""
    removed, added = [], []
    old, new = next(before, None), next(after, None)
    while old is not None or new is not None:
        if old == new:
            old, new = next(before, None), next(after, None)
        elif new is None or (old is not None and old < new):
            removed.append(str(old))
            old = next(before, None)
        else:
            added.append(new)
            new = next(after, None)
    return removed, added


def _triples(lines: Iterable[str]) -> list[Triple]:
    """Return the triples among quads that are in the default graph, where each fact is once."""
    quads = parse("\n".join(lines), RdfFormat.N_QUADS)
    return [quad.triple for quad in quads if isinstance(quad.graph_name, DefaultGraph)]


def _things(gone: Iterable[Triple], new: Iterable[Triple], before: Store, after: Store) -> Iterator[Changed]:
    by_subject: dict[str, dict[str, tuple[list[Term], list[Term]]]] = {}
    for place, triples in enumerate((gone, new)):
        for triple in triples:
            if isinstance(triple.subject, NamedNode):
                properties = by_subject.setdefault(triple.subject.value, {})
                properties.setdefault(triple.predicate.value, ([], []))[place].append(triple.object)
    for iri, properties in sorted(by_subject.items()):
        node = NamedNode(iri)
        was, is_ = _said(before, node), _said(after, node)
        kind: Kind = "changed" if was and is_ else "added" if is_ else "removed"
        changes = tuple(
            Change(name, tuple(sorted(old, key=str)), tuple(sorted(new_, key=str)))
            for name, (old, new_) in sorted(properties.items())
        )
        yield Changed(iri, kind, _types(is_ or was), changes)


def _said(store: Store, node: NamedNode) -> list[Quad]:
    return list(store.quads_for_pattern(node, None, None, DefaultGraph()))


def _types(quads: Iterable[Quad]) -> tuple[str, ...]:
    types = (q.object.value for q in quads if q.predicate == RDF.type and isinstance(q.object, NamedNode))
    return tuple(sorted(types))


def _names(things: Iterable[Changed], stores: Sequence[Store]) -> dict[str, Text]:
    """Return what everything that changed, or that a change mentions, is called; the later release has the say."""
    iris: set[str] = set()
    for thing in things:
        iris |= {thing.iri, *thing.types}
        for change in thing.changes:
            iris.add(change.property)
            iris |= {each.value for each in (*change.removed, *change.added) if isinstance(each, NamedNode)}
    found = {iri: _name(iri, stores) for iri in iris}
    return {iri: name for iri, name in found.items() if name is not None}


def _name(iri: str, stores: Sequence[Store]) -> Text | None:
    for store in reversed(stores):
        words: dict[str, str] = {}
        for path in (RDFS.label, SKOS.prefLabel, PF.summary):
            for quad in store.quads_for_pattern(NamedNode(iri), path, None, DefaultGraph()):
                if isinstance(quad.object, Literal):
                    words.setdefault(quad.object.language or "", quad.object.value)
        if words:
            ja = words.get("ja") or words.get("") or min(words.values())
            return Text(ja, words.get("en") or ja)
    return None


def about(found: Difference, iri: str) -> tuple[Changed, ...]:
    """Return what changed of a thing and of what belongs to it, in either release.

    To a thing belongs what links to it, the statements that such things are stated in, and the parts (hash IRIs)
    of all these.
    """
    stores = [Store.read_only(str(release.store_path)) for release in (found.before, found.after)]
    node = NamedNode(iri)
    ours = {iri}
    for store in stores:
        quads = store.quads_for_pattern(None, None, node, DefaultGraph())
        linked = {quad.subject.value for quad in quads if isinstance(quad.subject, NamedNode)}
        for each in {iri, *linked}:
            said = store.quads_for_pattern(NamedNode(each), PF.statedIn, None, DefaultGraph())
            linked |= {q.object.value for q in said if isinstance(q.object, NamedNode)}
        ours |= linked
    return tuple(thing for thing in found.things if thing.iri.partition("#")[0] in ours or thing.iri in ours)
