"""What the rules derive, brought up to date for the subjects that a change can matter to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Store, Triple

from pfgraph.graph import rules
from pfgraph.graph.dataset import DERIVED, RULES
from pfgraph.namespaces import GRAPH, prefixes
from pfgraph.publish import patterns
from pfgraph.publish.journal import DEFAULT, Journal, in_graph
from pfgraph.publish.patterns import Reading, Var
from pfgraph.publish.reach import Changes, Everything, Node, reached
from pfgraph.sources.lexer import significant

_AT_ONCE = 500


class Rule:
    """A rule, what it depends on, and the variable for the subject of all it derives (None: there is no one)."""

    def __init__(self, name: NamedNode, construct: str) -> None:
        self.name, self.construct = name, construct
        self.reading: Reading = patterns.read(construct, prefixes())
        template = patterns.head(construct, prefixes())
        subjects = {subject for subject, _, _ in template}
        first = next(iter(subjects), None)
        self.subject = first.name if isinstance(first, Var) and len(subjects) == 1 else None
        self.predicates = {p.value if isinstance(p, NamedNode) else "" for _, p, _ in template}

    def about(self, subjects: Iterable[Node]) -> str:
        """Return the rule's query for some subjects."""
        values = f" VALUES ?{self.subject} {{ {' '.join(map(str, subjects))} }} "
        at = _where(self.construct)
        return self.construct[:at] + values + self.construct[at:]


def derive(journal: Journal, old: Store) -> None:
    """Bring the graph of derived facts, and with it the default graph, up to date with a change."""
    written = _written(journal.quads(GRAPH[RULES]))
    touched = {quad.graph_name for quad in (*journal.added, *journal.removed)}
    if not written and GRAPH[DERIVED] not in journal.named_graphs():
        return
    found = _rules(written)
    try:
        if GRAPH[RULES] in touched or not _is_by_subject(found):
            raise Everything
        _derive_about(journal, old, found)
    except Everything:
        _derive_all(journal, written)


def prepare(store: Store) -> None:
    """Read the rules, which takes a moment, ahead of a change that something may follow from."""
    _rules(_written(store.quads_for_pattern(None, None, None, GRAPH[RULES])))


def _written(quads: Iterable[Quad]) -> tuple[Triple, ...]:
    return tuple(sorted((quad.triple for quad in quads), key=str))


@lru_cache(maxsize=4)
def _rules(written: tuple[Triple, ...]) -> tuple[Rule, ...]:
    return tuple(Rule(name, construct) for name, construct in rules.ordered(written))


def _is_by_subject(found: Collection[Rule]) -> bool:
    """Whether what is derived of one subject can be derived apart from what is of others.

    It cannot where a rule asks that there be no derived fact about something else.
    """
    derived = {predicate for rule in found for predicate in rule.predicates}
    for rule in found:
        if rule.subject is None or "" in rule.predicates:
            return False
        for need in rule.reading.needs:
            about_others = need.subject != Var(rule.subject)
            may_be_derived = not isinstance(need.predicate, NamedNode) or need.predicate.value in derived
            if need.negated and about_others and may_be_derived:
                return False
    return True


def _derive_about(journal: Journal, old: Store, found: Collection[Rule]) -> None:
    """Derive anew what is said of every subject a change matters to, until no more subjects are touched."""
    subjects: set[Node] = set()
    while more := _touched(journal, old, found) - subjects:
        subjects |= more
        if any(isinstance(subject, BlankNode) for subject in subjects):
            raise Everything
        graph = GRAPH[DERIVED]
        for subject in subjects:
            if not isinstance(subject, Literal):
                journal.remove(list(journal.store.quads_for_pattern(subject, None, None, graph)))
        listed = sorted(subjects, key=str)
        while new := set(_constructed(journal.store, found, listed)):
            journal.add(in_graph(quad, graph) for quad in new)


def _touched(journal: Journal, old: Store, found: Collection[Rule]) -> set[Node]:
    removed, added = journal.triples(DEFAULT)
    changes = Changes(removed, added, old, journal.store)
    subjects: set[Node] = set()
    for rule in found:
        assert rule.subject is not None  # what is not by subject is derived as a whole
        subjects |= reached(rule.reading, rule.subject, changes)
        # What a source states is not derived besides.
        said = (triple for triple in (*removed, *added) if triple.predicate.value in rule.predicates)
        subjects |= {t.subject for t in said if not isinstance(t.subject, Triple)}
    return subjects


def _constructed(store: Store, found: Iterable[Rule], subjects: list[Node]) -> Iterator[Quad]:
    for rule in found:
        for start in range(0, len(subjects), _AT_ONCE):
            query = rule.about(subjects[start : start + _AT_ONCE])
            for triple in rules.constructed(store, rule.name, query):
                yield Quad(triple.subject, triple.predicate, triple.object, DEFAULT)


def _derive_all(journal: Journal, written: Collection[Triple]) -> None:
    """Derive everything anew from what the other graphs say."""
    graph = GRAPH[DERIVED]
    before = {quad.triple for quad in journal.quads(graph)}
    said = (quad for quad in journal.store if quad.graph_name not in {DEFAULT, graph})
    after = rules.derive({quad.triple for quad in said}, written)
    journal.remove([Quad(t.subject, t.predicate, t.object, graph) for t in before - after])
    journal.add([Quad(t.subject, t.predicate, t.object, graph) for t in after - before])


def _where(construct: str) -> int:
    """Return the place behind the brace that opens a query's pattern."""
    depth = blocks = 0
    for token in significant(construct):
        if token.is_mark("{"):
            if depth == 0 and blocks == 1:
                return token.end
            depth += 1
        elif token.is_mark("}"):
            depth -= 1
            blocks += depth == 0
    # CONSTRUCT WHERE { … }: the one block is both.
    return construct.index("{") + 1
