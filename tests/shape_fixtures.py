"""The shapes, a dataset that conforms to them, and the patches that each break one check."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path

from pyoxigraph import NamedNode, RdfFormat, Triple, parse

from pfgraph.namespaces import PFSH, SH, base_iri, shipped_sources

ONTOLOGY = shipped_sources() / "ontology"
FOLDER = Path(__file__).parent / "shapes"


@dataclass(frozen=True)
class Breaking:
    """A patch (`invalid-<Class>-<property>-<what>.trig`): what it adds to the valid dataset and removes."""

    name: str
    add: frozenset[Triple]
    remove: frozenset[Triple]

    @property
    def check(self) -> str:
        """The check that the file's name says it breaks: the longest name of a check that it starts with."""
        found = [check for check in checks() if self.name == check or self.name.startswith(f"{check}-")]
        return max(found, key=len, default="")

    @property
    def subjects(self) -> set[object]:
        """What the patch says something else about."""
        return {triple.subject for triple in self.add | self.remove}

    def applied(self, data: frozenset[Triple]) -> frozenset[Triple]:
        """Return the data with the patch applied."""
        return (data - self.remove) | self.add


def applied(patches: Iterable[Breaking], data: frozenset[Triple]) -> frozenset[Triple]:
    """Return the data with several patches applied at once."""
    patches = tuple(patches)
    removed = chain.from_iterable(patch.remove for patch in patches)
    return data.difference(removed).union(*(patch.add for patch in patches))


def spread(groups: int) -> tuple[tuple[Breaking, ...], ...]:
    """Return all patches in a few groups, such that those about one subject are in different ones."""
    spread_out: list[list[Breaking]] = [[] for _ in range(groups)]
    for patch in breaking():
        about = patch.subjects
        crowded = [(sum(not about.isdisjoint(p.subjects) for p in group), len(group)) for group in spread_out]
        spread_out[crowded.index(min(crowded))].append(patch)
    return tuple(map(tuple, spread_out))


@cache
def triples(path: Path) -> frozenset[Triple]:
    """Return what a Turtle file says."""
    quads = parse(path.read_bytes(), RdfFormat.TURTLE)
    return frozenset(Triple(quad.subject, quad.predicate, quad.object) for quad in quads)


@cache
def shapes() -> frozenset[Triple]:
    """Return the shapes graph as an engine is given it: the shapes and the prefixes they name."""
    return triples(ONTOLOGY / "prefixes.ttl") | triples(ONTOLOGY / "shapes.ttl")


def valid() -> frozenset[Triple]:
    """Return a small dataset that conforms."""
    return triples(FOLDER / "valid.ttl")


@cache
def breaking() -> tuple[Breaking, ...]:
    """Return every patch, sorted by name."""
    return tuple(_read(path) for path in sorted(FOLDER.glob("invalid-*.trig")))


def _read(path: Path) -> Breaking:
    graphs: dict[str, set[Triple]] = {"add": set(), "remove": set()}
    for quad in parse(path.read_bytes(), RdfFormat.TRIG):
        name = str(quad.graph_name.value).removeprefix(f"{base_iri()}test/")
        graphs[name].add(Triple(quad.subject, quad.predicate, quad.object))
    name = path.stem.removeprefix("invalid-")
    return Breaking(name, frozenset(graphs["add"]), frozenset(graphs["remove"]))


def objects(subject: NamedNode, predicate: NamedNode) -> list[NamedNode]:
    """Return what a shape says with one property, if those are IRIs."""
    found = (t.object for t in shapes() if t.subject == subject and t.predicate == predicate)
    return [term for term in found if isinstance(term, NamedNode)]


@cache
def checks() -> frozenset[str]:
    """Return the name of each check: a targeted shape with constraints of its own, or a property of one."""
    own = {SH.sparql, SH.closed, SH["or"]}
    targeted = _subjects({SH.targetClass, SH.targetSubjectsOf})
    nodes = targeted & _subjects(own)
    properties = {shape for node in targeted for shape in objects(node, SH.property)}
    return frozenset(shape.value.removeprefix(str(PFSH)) for shape in nodes | properties)


def _subjects(predicates: Iterable[NamedNode]) -> set[NamedNode]:
    wanted = set(predicates)
    return {t.subject for t in shapes() if t.predicate in wanted and isinstance(t.subject, NamedNode)}
