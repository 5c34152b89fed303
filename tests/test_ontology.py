"""The ontology says what each term is, in Japanese and English, and promises what the data builds on."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Triple

from pfgraph.graph.dataset import build
from pfgraph.graph.metadata import with_metadata
from pfgraph.graph.vocabulary import BORROWED_FILE, BorrowedTerm, own_terms, read_borrowed, unknown_terms
from pfgraph.namespaces import (
    DCTERMS,
    ID,
    OWL,
    PF,
    RDF,
    RDFS,
    SKOS,
    XSD,
    compact,
    prefixes,
    shipped_sources,
)
from pfgraph.sources import tree, turtle

ROOT = shipped_sources()
VOCABULARY = "ontology/pfgraph.ttl"
OVERLAY = "ontology/labels-overlay.ttl"
CONCEPTS = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "ontology/concepts").glob("*.ttl"))
ALIGNMENTS = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "ontology/alignments").glob("*.ttl"))
OURS = [VOCABULARY, OVERLAY, *CONCEPTS, *ALIGNMENTS]
LANGUAGES = ["en", "ja"]

CLASSES = (
    "LocalGovernment Prefecture Municipality District Platform OperatingPlatform CoordinationBody "
    "CoreCityArea Membership SecretariatAssignment MembershipCount Change Programme ProgrammeRole "
    "ProgrammeRule ProgrammeParticipation FiscalYear Initiative SupportService LegalBasis "
    "SourceDocument SourceFragment Statement Erratum"
)
SCHEMES = {
    "stage": "existing planned considered concept",
    "modality": "done intends considers concept requests",
    "marker": "present future",
    "basis": "verbatim normalized inferred external",
    "municipality-type": "prefecture designated-city core-city city town village special-ward",
    "applicant-category": "prefecture-designated municipality",
    "change-type": "establishment member-expansion area-expansion expansion secretariat-transfer",
    "activity": "platform-building awareness joint-pilot situation-survey resource-mapping training "
    "consultation direct-support coordination planning",
    "kind": "local-government department npo support-organization private-organization company "
    "logistics-company business-operator resident related-organization stakeholder organization",
    "role": "core-city partner",
    "law-type": "act scheme",
    "theme": "loneliness-isolation suicide-prevention poverty complex-needs young-carers watching-over "
    "isolated-death hikikomori school-refusal mental-health problem-8050 child-poverty hoarding "
    "care-prevention gathering-places inclusive-community employment food-support child-rearing information "
    "collaboration awareness-raising supporters consultation general-welfare",
    "target": "older-persons single-older-persons persons-with-disabilities children persons-in-poverty "
    "young-carers hikikomori-persons families residents support-organizations related-organizations "
    "government-staff clients platform-members adults",
    "channel": "line sns outreach event study-session lecture training-session consultation-desk goods "
    "public-relations meeting working-group hearing survey site-visit interview gathering",
}
# Kinds of things that may be merely planned: what is said of them must entail no type of another vocabulary.
MAYBE_PLANNED = {PF.Platform, PF.Change, PF.Initiative, PF.SecretariatAssignment}
# Properties without a domain of their own that are used of evidence and places only.
OF_WHAT_EXISTS = {PF.fragment, PF.inPrefecture}


@cache
def _triples(file: str) -> tuple[Triple, ...]:
    return tuple(triple for triple, _ in turtle.read(ROOT / file, file, prefixes()).statements)


@cache
def _borrowed() -> Mapping[str, BorrowedTerm]:
    return read_borrowed(ROOT / BORROWED_FILE, str(BORROWED_FILE))


def _values(file: str, subject: NamedNode, predicate: NamedNode) -> list[NamedNode | Literal]:
    found = (t.object for t in _triples(file) if t.subject == subject and t.predicate == predicate)
    return [value for value in found if isinstance(value, NamedNode | Literal)]


def _texts(file: str, subject: NamedNode, predicate: NamedNode) -> dict[str, list[str]]:
    texts: dict[str, list[str]] = defaultdict(list)
    for value in _values(file, subject, predicate):
        if isinstance(value, Literal):
            texts[value.language or ""].append(value.value)
    return dict(texts)


def _types(file: str) -> list[tuple[NamedNode, NamedNode]]:
    found = ((t.subject, t.object) for t in _triples(file) if t.predicate == RDF.type)
    return [(s, kind) for s, kind in found if isinstance(s, NamedNode) and isinstance(kind, NamedNode)]


def _typed(file: str, *kinds: NamedNode) -> list[NamedNode]:
    return [subject for subject, kind in _types(file) if kind in kinds]


def _terms() -> list[NamedNode]:
    return _typed(VOCABULARY, OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty)


def _properties() -> list[NamedNode]:
    return _typed(VOCABULARY, OWL.ObjectProperty, OWL.DatatypeProperty)


def _concepts() -> Iterator[tuple[str, NamedNode]]:
    for file in CONCEPTS:
        for concept in _typed(file, SKOS.Concept):
            yield file, concept


def _not_bilingual(file: str, subject: NamedNode, predicate: NamedNode) -> bool:
    texts = _texts(file, subject, predicate)
    return sorted(texts) != LANGUAGES or any(len(values) != 1 for values in texts.values())


# ---- classes and properties


@pytest.mark.parametrize("predicate", [RDFS.label, SKOS.definition, SKOS.example], ids=lambda p: compact(p.value))
def test_every_term_has_one_text_in_each_language(predicate: NamedNode) -> None:
    """Label, definition and example stand side by side in Japanese and English (R17, O3)."""
    assert [t for t in _terms() if _not_bilingual(VOCABULARY, t, predicate)] == []


def test_every_term_is_defined_by_the_ontology() -> None:
    """A term leads back to the document that defines it."""
    ontology = NamedNode(str(PF).removesuffix("#"))

    assert [t for t in _terms() if _values(VOCABULARY, t, RDFS.isDefinedBy) != [ontology]] == []


def test_every_described_term_is_a_class_or_a_property() -> None:
    """Nothing in our namespace is described without being one or the other."""
    assert {term.value for term in _terms()} == own_terms(_triples(VOCABULARY))


def test_the_classes_are_those_the_data_is_made_of() -> None:
    """The names of the classes are a promise to everybody who writes data or queries."""
    assert {t.value for t in _typed(VOCABULARY, OWL.Class)} == {PF[name].value for name in CLASSES.split()}


def test_a_definition_is_one_sentence() -> None:
    """A definition is genus and difference in one sentence (O4)."""
    definitions = [_texts(VOCABULARY, term, SKOS.definition) for term in _terms()]
    definitions += [_texts(file, concept, SKOS.definition) for file, concept in _concepts()]
    texts = [(lang, text) for definition in definitions for lang, values in definition.items() for text in values]
    one = {"ja": re.compile("[^。]+。"), "en": re.compile(r"[A-Z](?:[^.]|\.(?! ))+\.")}

    assert [text for lang, text in texts if not one[lang].fullmatch(text)] == []


def test_a_definition_does_not_use_the_term() -> None:
    """A term in its own definition defines nothing (O4); names of one or two characters cannot be avoided."""
    circular = []
    for term in _terms():
        labels, definitions = (_texts(VOCABULARY, term, p) for p in (RDFS.label, SKOS.definition))
        japanese, english = labels["ja"][0], labels["en"][0].lower()
        circular += [japanese] if len(japanese) > 2 and japanese in definitions["ja"][0] else []
        circular += [english] if re.search(rf"\b{re.escape(english)}\b", definitions["en"][0].lower()) else []

    assert circular == []


def test_an_example_says_what_is_not_meant() -> None:
    """Every example has a counter-example beside it (O3)."""
    meant = {"ja": re.compile("(含まない|用いない|導かない)。"), "en": re.compile(r"\b[Nn]ot\b")}
    examples = [(t, _texts(VOCABULARY, t, SKOS.example)) for t in _terms()]

    assert [t for t, texts in examples for lang in LANGUAGES if not meant[lang].search(texts[lang][0])] == []


def test_domains_and_ranges_are_ours() -> None:
    """Domains and ranges are our classes, concepts and datatypes: others would make facts of plans."""
    ours = {*_typed(VOCABULARY, OWL.Class), SKOS.Concept, RDF.langString}
    stated = [v for p in _properties() for end in (RDFS.domain, RDFS.range) for v in _values(VOCABULARY, p, end)]

    assert [value for value in stated if value not in ours and value.value not in XSD] == []


def test_what_may_be_planned_inherits_no_domain() -> None:
    """A property used of planned things specialises none that has a domain (ONTOLOGY §0.2, O8)."""
    existing = set(_typed(VOCABULARY, OWL.Class)) - MAYBE_PLANNED
    leaking = [
        (prop, parent)
        for prop in set(_properties()) - OF_WHAT_EXISTS
        if not existing.intersection(_values(VOCABULARY, prop, RDFS.domain))
        for parent in _ancestors(prop)
        if any(cls != (RDFS.Resource,) for cls in _domain(parent))
    ]

    assert leaking == []


def _domain(term: str) -> tuple[tuple[NamedNode, ...], ...]:
    return _borrowed()[term].domain if term in _borrowed() else ()


def _ancestors(prop: NamedNode) -> set[str]:
    found: set[str] = set()
    waiting = [value.value for value in _values(VOCABULARY, prop, RDFS.subPropertyOf)]
    while waiting:
        term = waiting.pop()
        found.add(term)
        own = [value.value for value in _values(VOCABULARY, NamedNode(term), RDFS.subPropertyOf)]
        theirs = [parent.value for parent in _borrowed()[term].supers] if term in _borrowed() else []
        waiting += [parent for parent in [*own, *theirs] if parent not in found]
    return found


def test_what_may_be_planned_has_no_foreign_superclass() -> None:
    """Platforms, changes, initiatives and assignments are of our own kind only (the fact firewall)."""
    foreign = [
        (cls, parent)
        for cls in MAYBE_PLANNED
        for parent in _values(VOCABULARY, cls, RDFS.subClassOf)
        if parent.value not in PF
    ]

    assert foreign == []


# ---- concepts


def test_the_schemes_hold_the_concepts_that_tables_name() -> None:
    """The keys of the concepts are a promise to everybody who fills in a table."""
    found: dict[str, set[str]] = defaultdict(set)
    for file, concept in _concepts():
        found[Path(file).stem].add(concept.value.removeprefix(f"{ID}concept/{Path(file).stem}/"))

    assert found == {scheme: set(keys.split()) for scheme, keys in SCHEMES.items()}


@pytest.mark.parametrize("predicate", [SKOS.prefLabel, SKOS.definition], ids=lambda p: compact(p.value))
def test_every_concept_has_one_text_in_each_language(predicate: NamedNode) -> None:
    """A concept is named and defined in Japanese and English."""
    assert [concept for file, concept in _concepts() if _not_bilingual(file, concept, predicate)] == []


def test_every_scheme_is_named_and_defined_in_each_language() -> None:
    """A scheme is a thing with a label, and says what it sorts."""
    schemes = [(file, scheme) for file in CONCEPTS for scheme in _typed(file, SKOS.ConceptScheme)]
    lacking = [s for f, s in schemes for p in (RDFS.label, SKOS.definition) if _not_bilingual(f, s, p)]

    assert [Path(file).stem for file, _ in schemes] == sorted(SCHEMES)
    assert lacking == []


def test_a_concept_stands_in_the_scheme_of_its_file_under_its_key() -> None:
    """File, scheme, IRI and notation agree, so that a key in a table is enough to find a concept."""
    wrong = [
        concept
        for file, concept in _concepts()
        if _values(file, concept, SKOS.inScheme) != [NamedNode(f"{ID}concept/{Path(file).stem}")]
        or _values(file, concept, SKOS.notation) != [Literal(concept.value.rpartition("/")[2])]
    ]

    assert wrong == []


def test_a_concept_is_a_top_concept_or_has_a_broader_one_of_its_scheme() -> None:
    """Every concept can be reached from the top of its scheme."""
    wrong = []
    for file, concept in _concepts():
        tops, broader = (_values(file, concept, p) for p in (SKOS.topConceptOf, SKOS.broader))
        siblings = _typed(file, SKOS.Concept)
        if bool(tops) == bool(broader) or not set(broader) <= set(siblings) - {concept}:
            wrong.append(concept)

    assert wrong == []


def test_no_two_concepts_of_a_scheme_share_a_name() -> None:
    """A name chosen from a list means one concept."""
    names: dict[tuple[str, str, str], int] = defaultdict(int)
    for file, concept in _concepts():
        for lang, texts in _texts(file, concept, SKOS.prefLabel).items():
            names[file, lang, texts[0]] += 1

    assert [name for name, count in names.items() if count > 1] == []


# ---- files, alignments, borrowed terms


@pytest.mark.parametrize("file", OURS)
def test_a_file_is_in_canonical_form(file: str) -> None:
    """The files hold no error, no blank node, and the canonical bytes."""
    reading = turtle.read(ROOT / file, file, prefixes())

    assert (reading.errors, reading.text) == ((), reading.canonical)


@pytest.mark.parametrize("file", [VOCABULARY, OVERLAY, *ALIGNMENTS])
def test_a_file_opens_with_the_same_header(file: str) -> None:
    """Title, description, creator in both languages; dates, licence and version once (O2)."""
    (ontology,) = _typed(file, OWL.Ontology)
    texts = [RDFS.label, DCTERMS.title, DCTERMS.description, DCTERMS.creator]
    single = [DCTERMS.created, DCTERMS.modified, DCTERMS.license, OWL.versionIRI, OWL.versionInfo]

    assert [p for p in texts if _not_bilingual(file, ontology, p)] == []
    assert [p for p in single if len(_values(file, ontology, p)) != 1] == []


@pytest.mark.parametrize("file", ALIGNMENTS)
def test_an_alignment_maps_and_names_what_it_maps_to(file: str) -> None:
    """An alignment holds SKOS mappings only, and refers to the vocabulary it was made against (O1)."""
    (ontology,) = _typed(file, OWL.Ontology)
    matches = {SKOS[name] for name in ("exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch")}

    assert _values(file, ontology, DCTERMS.references)
    assert {t.predicate for t in _triples(file) if t.subject != ontology} <= matches


def test_every_type_of_local_government_is_e_stats() -> None:
    """The types of local government are matched one by one with the administrative classes of e-Stat."""
    file = "ontology/alignments/estat.ttl"
    types = _typed("ontology/concepts/municipality-type.ttl", SKOS.Concept)

    assert [t for t in types if len(_values(file, t, SKOS.exactMatch)) != 1] == []


@pytest.mark.parametrize("file", OURS)
def test_every_borrowed_term_exists(file: str) -> None:
    """What the ontology says of other vocabularies it says of terms that they have."""
    known = own_terms(_triples(VOCABULARY)) | _borrowed().keys()

    assert [(compact(u.term.value), u.near) for u in unknown_terms(_triples(file), known)] == []


def test_the_overlay_adds_labels_in_both_languages_and_nothing_else() -> None:
    """Borrowed terms are shown by name, never described (R18)."""
    (ontology,) = _typed(OVERLAY, OWL.Ontology)
    subjects = {t.subject for t in _triples(OVERLAY)} - {ontology}

    assert {t.predicate for t in _triples(OVERLAY) if t.subject in subjects} == {RDFS.label}
    assert [s for s in subjects if isinstance(s, NamedNode) and _not_bilingual(OVERLAY, s, RDFS.label)] == []


def test_every_borrowed_predicate_and_type_has_a_name_to_show() -> None:
    """No page has to show a bare IRI for a property or a type of what a release holds."""
    named = {t.subject for t in _triples(OVERLAY)}
    sources = tree.survey(ROOT)[0]
    released = with_metadata(build(sources), sources).default_graph
    used = {t.predicate for t in released} | {t.object for t in released if t.predicate == RDF.type}
    bare = [term for term in used - named if isinstance(term, NamedNode) and term.value not in PF]

    assert sorted(compact(term.value) for term in bare) == []


def test_no_name_of_a_borrowed_term_is_wasted_on_one_that_does_not_exist() -> None:
    """What the overlay names is on the list of borrowed terms."""
    (ontology,) = _typed(OVERLAY, OWL.Ontology)
    subjects = {str(t.subject) for t in _triples(OVERLAY) if t.subject != ontology}

    assert subjects - {f"<{term}>" for term in _borrowed()} == set()
