"""The shipped queries answer the questions of the house, in the words asked for, and always in one order."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from pyoxigraph import Literal, QuerySolutions, Store
from rdflib.plugins.sparql import prepareQuery

from answers import EXPECTED, QUERIES, STORE, answer, rows
from pfgraph.namespaces import RDF, SKOS, prefixes, shipped_sources
from pfgraph.sources.queries import CannedQuery, Example

# What the house promised first: parameters (! must be given), then the columns that come first.
PROMISED = {
    "participants": ("fiscalYear category", "government code name prefecture category ordinal"),
    "repeat-participants": ("", "government code name fiscalYear ordinal reason"),
    "programme-totals": ("", "fiscalYear category published listed complete"),
    "activity-types": ("", "activityType name marked"),
    "platforms": ("status", "platform name government code status established"),
    "platform-mentions": ("", "government code name state"),
    "area-members": ("coreCity", "area areaName municipality code name prefecture role"),
    "areas-across-prefectures": ("", "area name coreCity prefecture municipalities"),
    "core-city-participants": ("", "government code name area areaName"),
    "initiatives": ("government theme stage channel", "initiative name government code stage themes"),
    "initiatives-by-theme": ("", "theme name existing planned governments"),
    "commitments": ("government", "modality name items"),
    "support-services": ("", "service name government code"),
    "coordination-bodies": ("", "body name government code established legalBases"),
    "legal-bases": ("", "legalBasis name thing thingName government"),
    "secretariat-changes": ("", "change platform name stage assigneeKind"),
    "membership-counts": ("", "organisation name count complete asOf"),
    "channel-users": ("channel", "channel name government code initiative initiativeName stage"),
    "company-partnerships": ("", "initiative name government code partner stage"),
    "dated-events": ("", "thing name government date precision basis"),
    "evidence": ("resource!", "statement summary modality document page row marker start end"),
    "errata": ("", "erratum printed adopted note page row"),
    "by-reading": ("reading!", "government code name reading"),
    "government": ("code!", ""),
}
EXAMPLES = [(query, example) for query in QUERIES.values() for example in query.examples]
DECLARED = re.compile(r"^PREFIX (\w+): <([^>]*)>$", re.MULTILINE)

each_query = pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
each_example = pytest.mark.parametrize(
    ("query", "example"), EXAMPLES, ids=[example.expected or query.name for query, example in EXAMPLES]
)


@pytest.fixture(scope="module")
def reversed_store() -> Store:
    """Return the same data, put in the other way round."""
    store = Store()
    for quad in sorted(STORE, key=str, reverse=True):
        store.add(quad)
    return store


# ---- the files


def test_every_query_of_the_folder_is_read() -> None:
    """No file is refused, so none is missing here."""
    files = (shipped_sources() / "queries").glob("*.rq")

    assert sorted(QUERIES) == sorted(path.stem for path in files)


@pytest.mark.parametrize("name", PROMISED)
def test_a_promised_query_has_its_parameters_and_columns(name: str) -> None:
    """Names are a contract: parameters are those promised, columns come first and in order."""
    wanted, columns = PROMISED[name]
    query = QUERIES[name]
    found = {f"{p.name}{'!' if p.required else ''}" for p in query.parameters}

    assert set(wanted.split()) <= found
    assert list(query.columns[: len(columns.split())]) == columns.split()


@each_query
def test_names_come_in_the_language_asked_for(query: CannedQuery) -> None:
    """Every SELECT takes `lang`, Japanese where it is not given."""
    languages = [p.default for p in query.parameters if p.kind == "lang"]

    assert languages == ([Literal("ja")] if query.form == "SELECT" else [])


@each_query
def test_prefixes_are_declared_as_everywhere_and_used(query: CannedQuery) -> None:
    """A query declares the prefixes of the house that it uses, in order, and no other."""
    declared = DECLARED.findall(query.text)
    body = DECLARED.sub("", query.text[query.text.index("\nPREFIX") :])

    assert declared == [(name, prefixes()[name]) for name in sorted({name for name, _ in declared})]
    assert all(re.search(rf"\b{name}:\w", body) for name, _ in declared)


@each_query
def test_a_concept_parameter_takes_the_concepts_of_a_scheme(query: CannedQuery) -> None:
    """The values in a header are the keys of one concept scheme, whole."""
    schemes = {frozenset(keys) for keys in notations()}

    assert all(frozenset(p.values) in schemes for p in query.parameters if p.kind == "concept")


def notations() -> Iterator[set[str]]:
    """Return the keys of each concept scheme."""
    for scheme in STORE.quads_for_pattern(None, RDF.type, SKOS.ConceptScheme):
        members = [q.subject for q in STORE.quads_for_pattern(None, SKOS.inScheme, scheme.subject)]
        found = (q.object for m in members for q in STORE.quads_for_pattern(m, SKOS.notation, None))
        yield {term.value for term in found if isinstance(term, Literal)}


@each_example
def test_another_parser_reads_the_query(query: CannedQuery, example: Example) -> None:
    """The file as it is and the bound text are SPARQL 1.1 to a second implementation."""
    prepareQuery(query.text)
    prepareQuery(query.bind(example.arguments))


# ---- the answers


@each_example
def test_an_example_has_its_expected_answer(query: CannedQuery, example: Example) -> None:
    """What a header shows is what the release answers; `python tests/answers.py` writes it anew."""
    assert example.expected
    path = EXPECTED / example.expected

    assert answer(query, example) == path.read_text(encoding="utf-8")


def test_every_expected_answer_belongs_to_an_example() -> None:
    """No answer is left of an example that is gone."""
    assert {path.name for path in EXPECTED.iterdir()} == {example.expected for _, example in EXAMPLES}


@each_example
def test_an_example_shows_something(query: CannedQuery, example: Example) -> None:
    """An example without rows teaches nothing."""
    assert answer(query, example).count("\n") > (1 if query.form == "SELECT" else 0)


@each_query
def test_an_example_departs_from_the_defaults(query: CannedQuery) -> None:
    """At least one example gives an argument that is not the default."""
    defaults = {p.name: p.default.value if p.default else None for p in query.parameters}

    assert any(value != defaults[name] for e in query.examples for name, value in e.arguments.items())


@each_example
def test_the_order_is_that_of_the_query(query: CannedQuery, example: Example, reversed_store: Store) -> None:
    """Rows, and values joined in a cell, stand in one order however the data were put in."""
    assert answer(query, example, reversed_store) == answer(query, example)


@pytest.mark.parametrize("lang", ["ja", "en"])
@each_query
def test_words_are_in_the_language_asked_for(query: CannedQuery, lang: str) -> None:
    """No answer mixes languages; only readings have a tag of their own."""
    required = {p.name: p.example for p in query.parameters if p.required}
    given = required | ({"lang": lang} if query.form == "SELECT" else {})
    found = STORE.query(query.bind(given))
    solutions = list(found) if isinstance(found, QuerySolutions) else []
    tags = {v.language for s in solutions for v in s if isinstance(v, Literal) and v.language}

    assert tags <= {lang, "ja-hrkt"}


@each_query
def test_both_languages_have_the_same_rows(query: CannedQuery) -> None:
    """A missing translation would lose a row in one language."""
    required = {p.name: p.example for p in query.parameters if p.required}
    counts = {len(rows(query.name, lang=lang, **required)) for lang in ("ja", "en") if query.form == "SELECT"}

    assert len(counts) <= 1
