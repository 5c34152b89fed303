"""The dataset that a tree states."""

from __future__ import annotations

from pathlib import Path

from pyoxigraph import Literal, NamedNode, RdfFormat, Store

from pfgraph.graph.dataset import Dataset, build, digest
from pfgraph.namespaces import GRAPH, PF, RDF, Namespace
from pfgraph.sources import tree as trees
from trees import PLATFORMS, triples, write_tree

ORG = Namespace("org")


def dataset_of(root: Path, **more: str) -> Dataset:
    """Return the dataset of a small tree."""
    return build(trees.read(write_tree(root, **more)))


def test_the_default_graph_is_the_union_of_the_named_graphs(tmp_path: Path) -> None:
    """Each fact is in the default graph once, whichever graphs state it."""
    dataset = dataset_of(tmp_path, ontology__also=PLATFORMS)

    assert dataset.default_graph == frozenset().union(*dataset.graphs.values())
    assert len(dataset.default_graph) < sum(len(graph) for graph in dataset.graphs.values())


def test_what_the_rules_derive_is_a_graph_of_its_own(tmp_path: Path) -> None:
    """Derived facts are in graph/derived and in the default graph."""
    dataset = dataset_of(tmp_path)
    (derived,) = triples("platform:312011-1 a org:OrganizationalCollaboration .")

    assert derived in dataset.graphs[GRAPH.derived.value]
    assert derived in dataset.default_graph


def test_a_tree_without_rules_derives_nothing(tmp_path: Path) -> None:
    """Without rules there is no derived graph."""
    root = write_tree(tmp_path)
    (root / "ontology" / "rules.ttl").unlink()

    assert GRAPH.derived.value not in build(trees.read(root)).graphs


def test_every_stated_triple_has_its_place(tmp_path: Path) -> None:
    """The origin of a triple is the file and line it was read from."""
    dataset = dataset_of(tmp_path)
    (lead,) = triples("platform:312011-1 pf:leadGovernment government:312011 .")

    assert dataset.origins[lead].file == "data/platforms.ttl"
    assert dataset.origins[lead].line


def test_terms_are_as_oxigraph_stores_them(tmp_path: Path) -> None:
    """`007` as an integer is stored, and therefore said, as `7`; its origin is kept."""
    more = 'platform:312011-1 pf:count "007"^^xsd:integer .'
    dataset = dataset_of(tmp_path, data__platforms=PLATFORMS + more)
    (counted,) = (triple for triple in dataset.default_graph if triple.predicate == PF["count"])

    assert counted.object == Literal(7)
    assert dataset.origins[counted].file == "data/platforms.ttl"


def test_lines_are_those_of_a_store(tmp_path: Path) -> None:
    """The canonical lines are what a store with these quads dumps, sorted."""
    text = r'platform:312011-1 pf:count "tab\t line\n quote\" slash\\ next\u0085 ゙" .'
    dataset = dataset_of(tmp_path, ontology__odd=text)
    store = Store()
    store.bulk_extend(dataset.quads())
    dump = store.dump(format=RdfFormat.N_QUADS)

    assert dump is not None
    assert dataset.lines() == sorted(dump.decode().removesuffix("\n").split("\n"))


def test_a_list_has_the_same_lines_however_often_it_is_read(tmp_path: Path) -> None:
    """Blank nodes of lists are named after what they hold, so they do not change the digest."""
    root = write_tree(tmp_path, ontology__list="pfsh:Platform sh:in ( stage:existing stage:planned ) .")

    assert build(trees.read(root)).digest() == build(trees.read(root)).digest()


def test_the_digest_is_over_the_lines(tmp_path: Path) -> None:
    """The digest is the SHA-256 of the sorted lines, each with its line feed."""
    dataset = dataset_of(tmp_path)

    assert dataset.digest() == digest(dataset.lines())


def test_another_fact_is_another_digest(tmp_path: Path) -> None:
    """One more triple changes the digest."""
    one = dataset_of(tmp_path / "one")
    two = dataset_of(tmp_path / "two", data__platforms=PLATFORMS + "platform:312011-2 a pf:Platform .")

    assert one.digest() != two.digest()


def test_the_form_of_the_files_does_not_matter(tmp_path: Path) -> None:
    """Files that say the same in other bytes give the same digest."""
    root = write_tree(tmp_path)
    before = build(trees.read(root)).digest()
    path = root / "data" / "platforms.ttl"
    path.write_text(path.read_text(encoding="utf-8") + "\n\n", encoding="utf-8")

    assert build(trees.read(root)).digest() == before


def test_a_graph_can_be_replaced(tmp_path: Path) -> None:
    """A dataset with another graph is a new dataset whose default graph follows."""
    dataset = dataset_of(tmp_path)
    more = frozenset(triples("platform:312011-9 a pf:Platform ."))
    extended = dataset.with_graph(GRAPH["more"].value, more)

    assert extended.default_graph == dataset.default_graph | more
    assert NamedNode(GRAPH["more"].value) not in {NamedNode(iri) for iri in dataset.graphs}
    assert any(triple.predicate == RDF.type for triple in more)
