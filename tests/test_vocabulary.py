"""A term that no vocabulary has is found, with the place it is used and what it may have been meant to be."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Triple

import pfgraph
from pfgraph import namespaces
from pfgraph.errors import SourcesRefused
from pfgraph.graph.dataset import build
from pfgraph.graph.metadata import with_metadata
from pfgraph.graph.vocabulary import (
    BORROWED_FILE,
    BorrowedTerm,
    axioms,
    misused,
    own_terms,
    read_borrowed,
    unknown_terms,
)
from pfgraph.namespaces import OWL, PF, RDF, RDFS, XSD, compact, expand, prefixes, shipped_sources
from pfgraph.sources import tree, turtle

KNOWN = {
    expand(name).value
    for name in (
        "rdf:type",
        "rdf:langString",
        "xsd:string",
        "owl:Class",
        "org:Organization",
        "cv:isClassifiedBy",
        "cpsv:PublicService",
        "pf:leadGovernment",
        "pf:Platform",
    )
}
TOTTORI = expand("government:312011")
PLATFORM = expand("platform:312011-1")
# Namespaces of things, not of terms.
THINGS = {"ID", "GRAPH", "QUERY", "PFSH"}
HEADER = "term,kind,sub,domain,range\n"


def _unknown(subject: NamedNode, predicate: NamedNode, value: NamedNode | Literal) -> list[tuple[str, tuple[str, ...]]]:
    found = unknown_terms([Triple(subject, predicate, value)], KNOWN)
    return [(unknown.term.value, unknown.near) for unknown in found]


def _listed(tmp_path: Path, text: str) -> dict[str, BorrowedTerm]:
    path = tmp_path / "borrowed-terms.csv"
    path.write_text(text, encoding="utf-8")
    return dict(read_borrowed(path, "ontology/borrowed-terms.csv"))


def _refusal(tmp_path: Path, text: str) -> str:
    with pytest.raises(SourcesRefused) as caught:
        _listed(tmp_path, text)
    return str(caught.value)


def test_a_misspelt_property_is_unknown_and_the_right_one_is_near() -> None:
    """A predicate is always a term, and the names spelt most alike are offered."""
    misspelt = expand("pf:leadGoverment")

    assert _unknown(PLATFORM, misspelt, TOTTORI) == [(misspelt.value, ("pf:leadGovernment",))]


def test_a_type_is_a_term_whatever_its_namespace() -> None:
    """A type in a namespace of which no term is known is unknown as well."""
    invented = NamedNode("urn:example:types#Thing")

    assert _unknown(PLATFORM, RDF.type, invented) == [(invented.value, ())]


def test_the_same_name_in_another_vocabulary_is_near() -> None:
    """The classic slip, a right name under a wrong prefix, is answered with the right prefix."""
    slip = expand("cpsv:isClassifiedBy")

    assert _unknown(PLATFORM, slip, TOTTORI) == [(slip.value, ("cv:isClassifiedBy",))]


def test_a_value_in_a_known_namespace_is_a_term() -> None:
    """A mapping to a class that does not exist is found where it is an object."""
    invented = expand("org:Platform")

    assert [term for term, _ in _unknown(PF.Platform, PF.leadGovernment, invented)] == [invented.value]


def test_a_datatype_is_a_term() -> None:
    """A misspelt datatype is found on the literal."""
    invented = XSD.strng

    assert [term for term, _ in _unknown(PLATFORM, PF.leadGovernment, Literal("x", datatype=invented))] == [
        invented.value
    ]


def test_things_are_no_terms() -> None:
    """IRIs of data, ours or others', are not held against the vocabularies; nor is the namespace itself."""
    wikidata, vocabulary = expand("wd:Q188972"), NamedNode(prefixes()["org"])

    assert not [
        *_unknown(PLATFORM, PF.leadGovernment, wikidata),
        *_unknown(PLATFORM, PF.leadGovernment, vocabulary),
    ]


def test_a_term_used_twice_is_told_once() -> None:
    """Unknown terms come sorted, each once."""
    triples = [Triple(PLATFORM, expand(f"pf:{name}"), TOTTORI) for name in ("zzz", "aaa", "zzz")]

    assert [unknown.term for unknown in unknown_terms(triples, KNOWN)] == [expand("pf:aaa"), expand("pf:zzz")]


def test_own_terms_are_those_described_in_our_namespace() -> None:
    """What our files give a type in our namespace is a term; what they say of others' terms is not."""
    triples = [Triple(PF.Platform, RDF.type, OWL.Class), Triple(expand("org:Platform"), RDF.type, OWL.Class)]

    assert own_terms(triples) == {PF.Platform.value}


def test_a_misused_term_is_told_with_file_and_line(tmp_path: Path) -> None:
    """The error says where, in both languages, and what was meant."""
    path = tmp_path / "platforms.ttl"
    path.write_text(
        f"@prefix org: <{prefixes()['org']}> .\n@prefix pf: <{prefixes()['pf']}> .\n"
        "\npf:Platform a org:Organisation .\n",
        encoding="utf-8",
    )
    borrowed = _listed(tmp_path, HEADER + "org:Organization,owl:Class,,,\nrdf:type,rdf:Property,,,\n")
    readings = [turtle.read(path, "data/platforms.ttl", prefixes())]

    (error,) = misused(readings, borrowed)

    assert (
        error.file,
        error.line,
        "org:Organization のことですか" in error.ja,
        "Did you mean" in error.en,
    ) == (
        "data/platforms.ttl",
        4,
        True,
        True,
    )


def test_a_row_says_what_a_term_specialises_and_whom_it_takes(tmp_path: Path) -> None:
    """Spaces part what holds together, a bar what holds of either."""
    row = "org:role,owl:ObjectProperty rdf:Property,skos:related,org:Membership|org:Post,org:Role\n"

    assert _listed(tmp_path, HEADER + row)[expand("org:role").value] == BorrowedTerm(
        expand("org:role"),
        (OWL.ObjectProperty, RDF.Property),
        (expand("skos:related"),),
        ((expand("org:Membership"), expand("org:Post")),),
        ((expand("org:Role"),),),
    )


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", ":1"),
        ("term,kind\n", ":1"),
        (HEADER + "nowhere:Thing,owl:Class,,,\n", ":2"),
        (HEADER + "org:Organization,owl:Class\n", ":2"),
        (HEADER + "org:Organization,,,,\n", ":2"),
        (HEADER + "org:Role,owl:Class,,,\norg:Role,owl:Class,,,\n", ":3"),
    ],
    ids=["empty", "header", "prefix", "columns", "kind", "twice"],
)
def test_a_bad_list_is_refused_with_file_and_row(tmp_path: Path, text: str, place: str) -> None:
    """A list that cannot be read says where in both languages."""
    assert _refusal(tmp_path, text).count("borrowed-terms.csv" + place) == 2


def test_a_single_domain_entails_and_a_union_does_not() -> None:
    """OWL 2 RL concludes nothing from a domain that is one of several classes."""
    single, union = (expand("org:Organization"),), (expand("org:Membership"), expand("org:Post"))
    term = BorrowedTerm(expand("org:role"), (OWL.ObjectProperty,), domain=(single, union))

    assert set(axioms([term])) == {
        Triple(term.term, RDF.type, OWL.ObjectProperty),
        Triple(term.term, RDFS.domain, single[0]),
    }


def test_a_class_entails_by_subclass_and_a_property_by_subproperty() -> None:
    """What a term specialises becomes rdfs:subClassOf or rdfs:subPropertyOf by its type."""
    role, member = expand("org:Role"), expand("org:member")
    terms = [
        BorrowedTerm(role, (OWL.Class,), (role,)),
        BorrowedTerm(member, (OWL.ObjectProperty,), (member,)),
    ]

    assert {Triple(role, RDFS.subClassOf, role), Triple(member, RDFS.subPropertyOf, member)} <= set(axioms(terms))


def test_the_shipped_list_is_sorted_and_reads() -> None:
    """The list is sorted by its bytes with LF ends, so that a new term makes a diff of one line."""
    text = (shipped_sources() / BORROWED_FILE).read_bytes().decode()
    rows = text.splitlines()[1:]

    assert read_borrowed(shipped_sources() / BORROWED_FILE, str(BORROWED_FILE))
    assert "\r" not in text
    assert rows == sorted(rows)


def test_every_term_that_python_speaks_of_exists() -> None:
    """`DCAT.downlaodURL` would be a term like any other: the sources are read for them."""
    spoken = {term for path in Path(pfgraph.__file__).parent.rglob("*.py") for term in _spoken(path)}

    assert sorted(compact(term) for term in spoken - _known()) == []


def test_every_term_of_the_shipped_dataset_exists() -> None:
    """Sources, what is derived and what a release says of itself use terms that their vocabularies have."""
    sources = tree.survey(shipped_sources())[0]
    dataset = with_metadata(build(sources), sources)

    assert [(compact(u.term.value), u.near) for u in unknown_terms(dataset.default_graph, _known())] == []


def _known() -> set[str]:
    file = "ontology/pfgraph.ttl"
    statements = turtle.read(shipped_sources() / file, file, prefixes()).statements
    borrowed = read_borrowed(shipped_sources() / BORROWED_FILE, str(BORROWED_FILE))
    return {*own_terms(triple for triple, _ in statements), *borrowed}


def _spoken(path: Path) -> Iterator[str]:
    """Return the IRIs that a module writes as an attribute of a vocabulary's namespace."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            vocabulary = getattr(namespaces, node.value.id, None)
            if isinstance(vocabulary, namespaces.Namespace) and node.value.id not in THINGS:
                yield vocabulary[node.attr].value
