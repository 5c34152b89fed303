"""A query file is one operation: its header is read, its slots take terms and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
import rdflib
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, QuerySolutions, Store

from pfgraph.errors import BadParameter
from pfgraph.messages import Text
from pfgraph.namespaces import XSD
from pfgraph.sources.queries import CannedQuery
from query_texts import TEXT, reading

DECOY = "VALUES ?word { UNDEF } # no slot"
HOSTILE = [
    "",
    "\\u0022 } DROP ALL #",
    "\\U00000022",
    "\\\\u0022",
    'a" } UNION { ?s ?p ?o',
    "VALUES ?word { UNDEF }",
    "' \" ''' \"\"\"",
    "line\r\nfeed\ttab\b\f",
    "# comment",
    "}",
    "?word $word @en ^^",
    "\x00\x7f\u2028\ufeff",
    "？｛ＵＮＤＥＦ｝",
    "𠮷野家😀",
]


@pytest.fixture(scope="module")
def query(tmp_path_factory: pytest.TempPathFactory) -> CannedQuery:
    """Return the query of the example text."""
    return reading(tmp_path_factory.mktemp("queries"))


def row(text: str) -> dict[str, object]:
    """Return the only row of a query over nothing, without what is unbound."""
    found = Store().query(text)
    assert isinstance(found, QuerySolutions)
    (solution,) = found
    return {v.value: solution[v] for v in found.variables if solution[v] is not None}


def is_iri(value: str) -> bool:
    """Whether Oxigraph takes a text for an absolute IRI."""
    try:
        NamedNode(value)
    except ValueError:
        return False
    return True


# ---- reading


def test_a_header_is_read(query: CannedQuery) -> None:
    """Name, form, texts, tags and columns come from the file."""
    assert (query.name, query.form, query.tags) == ("planned-things", "SELECT", ("things",))
    assert query.title == Text("予定の事柄", "Planned things")
    assert query.columns[:2] == ("word", "place")
    assert query.titles["word"] == Text("ことば", "Word")


def test_a_parameter_has_the_default_of_its_slot(query: CannedQuery) -> None:
    """A default is the term in the slot, None for UNDEF; without an example it is the example as well."""
    word, place = query.parameters[:2]

    assert (word.default, word.example) == (None, "見守り")
    assert (place.default, place.example) == (NamedNode("tag:example,2023:here"), "tag:example,2023:here")


def test_languages_are_the_two(query: CannedQuery) -> None:
    """A parameter of type lang takes ja and en."""
    assert query.parameters[-1].values == ("ja", "en")


def test_arguments_of_examples_are_as_written(query: CannedQuery) -> None:
    """YAML takes no number out of an argument, so a code keeps its zero."""
    (example,) = query.examples

    assert dict(example.arguments) == {"year": "2022", "code": "041009"}
    assert (example.title, example.expected) == (Text("ある年の事柄", "Of one year"), "planned-things.1.tsv")


def test_texts_of_several_lines_become_one(tmp_path: Path) -> None:
    """A block of lines is joined with blanks in English, without in Japanese."""
    text = TEXT.replace("description: Things", "description: |\n#+   All\n#+   things", 1)
    text = text.replace("description_ja: 予定", "description_ja: |\n#+   未来の\n#+   予定", 1)

    assert reading(tmp_path, text).description == Text("未来の予定されている事柄。", "All things that are planned.")


# ---- binding


def test_without_arguments_the_file_is_the_query(query: CannedQuery) -> None:
    """Nothing changes where nothing is bound, and the file runs as it is."""
    assert query.bind({}) == TEXT
    assert row(TEXT) == {
        "place": NamedNode("tag:example,2023:here"),
        "lang": Literal("ja"),
        "decoy": Literal(DECOY),
    }


@pytest.mark.parametrize(
    ("name", "value", "term"),
    [
        ("word", "見守り", Literal("見守り")),
        ("place", "https://example.org/%E6%9D%B1#a", NamedNode("https://example.org/%E6%9D%B1#a")),
        ("place", "https://例え.jp/東京", NamedNode("https://例え.jp/東京")),
        ("year", "+2022", Literal("2022", datatype=XSD.integer)),
        ("year", "-007", Literal("-7", datatype=XSD.integer)),
        ("stage", "planned", Literal("planned")),
        ("code", "041009", Literal("041009")),
        ("day", "2024-02-29", Literal("2024-02-29", datatype=XSD.date)),
        ("sure", "false", Literal("false", datatype=XSD.boolean)),
        ("lang", "en", Literal("en")),
    ],
)
def test_a_value_becomes_a_term_of_its_type(
    query: CannedQuery, name: str, value: str, term: NamedNode | Literal
) -> None:
    """What a parameter's value is follows from the type in the header."""
    assert row(query.bind({name: value}))[name] == term


@given(st.text() | st.sampled_from(HOSTILE) | st.text(alphabet="\\uU0022\"'{}#?<>\n"))
def test_any_string_arrives_intact(query: CannedQuery, value: str) -> None:
    """Whatever a string holds, the bound query parses, gives it back, and is otherwise the same."""
    before, after = TEXT.split("VALUES ?word { UNDEF }\n  VALUES ?place")
    bound = query.bind({"word": value})

    assert row(bound)["word"] == Literal(value)
    assert bound.startswith(before + "VALUES ?word { ")
    assert bound.endswith(" }\n  VALUES ?place" + after)


@given(st.text() | st.sampled_from(HOSTILE), st.sampled_from(["https://example.org/", "urn:x:", ""]))
def test_an_iri_arrives_intact_or_is_refused(query: CannedQuery, tail: str, head: str) -> None:
    """A text is either an IRI, which the bound query gives back, or a bad parameter."""
    value = head + tail
    if is_iri(value):
        assert row(query.bind({"place": value}))["place"] == NamedNode(value)
    else:
        with pytest.raises(BadParameter):
            query.bind({"place": value})


@pytest.mark.parametrize("value", [value for value in HOSTILE if "\x00" not in value])
def test_a_string_arrives_intact_where_escapes_are_replaced_first(query: CannedQuery, value: str) -> None:
    """A parser that replaces \\u escapes before it knows strings (SPARQL 1.1 §19.2) reads the same value."""
    (found,) = rdflib.Graph().query(query.bind({"word": value})).bindings

    assert str(found[rdflib.Variable("word")]) == value


def test_a_value_that_looks_like_a_slot_stays_a_value(query: CannedQuery) -> None:
    """All slots are filled in one pass, in places known before."""
    found = row(query.bind({"word": "VALUES ?year { UNDEF }", "year": "2023"}))

    assert found["word"] == Literal("VALUES ?year { UNDEF }")
    assert found["year"] == Literal("2023", datatype=XSD.integer)


def test_strings_and_comments_hold_no_slots(query: CannedQuery) -> None:
    """What looks like a slot in a string or a comment is left alone."""
    bound = query.bind({"word": "x"})

    assert row(bound)["decoy"] == Literal(DECOY)
    assert "# Nobody binds VALUES ?word { UNDEF } in a comment." in bound


def test_every_slot_of_a_parameter_is_filled(tmp_path: Path) -> None:
    """A parameter that is needed in two scopes has two slots."""
    text = TEXT.replace(
        'BIND("VALUES', '{ SELECT ?found { VALUES ?word { UNDEF } BIND(?word AS ?found) } }\n  BIND("VALUES'
    )
    bound = reading(tmp_path, text).bind({"word": "twice"})

    assert bound.count('VALUES ?word { "twice" }') == 2


def test_grouped_rows_are_ordered_by_their_groups(tmp_path: Path) -> None:
    """The variables of GROUP BY tell rows apart, so that ordering by them is total."""
    text = TEXT[: TEXT.index("#+ params")] + (
        "#+ columns:\n#+   kind: { ja: 種類, en: Kind }\n#+   items: { ja: 数, en: Items }\n"
        "#+ examples:\n#+   - { title: All, title_ja: すべて }\n\n"
        "SELECT ?kind (COUNT(?thing) AS ?items) WHERE { ?thing a ?kind } GROUP BY ?kind ORDER BY DESC(?kind) LIMIT 9\n"
    )

    assert reading(tmp_path, text).columns == ("kind", "items")


def test_a_construct_has_no_columns(tmp_path: Path) -> None:
    """A graph needs neither columns nor order."""
    text = TEXT[: TEXT.index("#+ params")] + (
        "#+ examples:\n#+   - { title: All, title_ja: すべて }\n\nCONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }\n"
    )

    assert (reading(tmp_path, text).form, reading(tmp_path, text).columns) == ("CONSTRUCT", ())


def test_values_of_several_rows_are_no_slot(tmp_path: Path) -> None:
    """A table of constants may stand in VALUES, if no parameter has its name."""
    text = TEXT.replace('VALUES ?lang { "ja" }', 'VALUES ?lang { "ja" } VALUES ?one { 1 2 } VALUES (?two) { (3) }')

    assert reading(tmp_path, text).bind({"lang": "en"}).count("VALUES ?one { 1 2 } VALUES (?two) { (3) }") == 1
