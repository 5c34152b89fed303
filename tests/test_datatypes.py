"""Which texts are values of a datatype."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, Store
from rdflib import Literal as OracleLiteral
from rdflib import URIRef

from pfgraph.namespaces import XSD
from pfgraph.sources import datatypes

NUMBERS = ("integer", "nonNegativeInteger", "positiveInteger", "decimal")
SMALL_NUMBERS = st.from_regex(r"[+-]?[0-9]{0,6}(\.[0-9]{0,6})?", fullmatch=True)
TEXTS = st.one_of(
    SMALL_NUMBERS,
    st.dates().map(str),
    st.dates().map(lambda day: str(day)[:7]),
    st.from_regex(r"[0-9]{4}-[0-9]{2}(-[0-9]{2})?|[0-9a-fA-F]{0,5}|true|false|[01]", fullmatch=True),
    st.text(max_size=5),
)


@given(st.sampled_from(datatypes.BASES), TEXTS)
def test_a_store_keeps_every_literal_as_it_is(base: str, text: str) -> None:
    """Oxigraph writes numbers and booleans anew; what a table says is already as it would write it.

    It keeps the value of every kind of integer, but takes it for an `xsd:integer`.
    """
    lexical = datatypes.named(base).read(text)
    if lexical is None:
        return
    store, name = Store(), NamedNode(XSD["x"].value)
    literal = Literal(lexical, datatype=XSD[base])
    store.add(Quad(name, name, literal))
    kept = XSD["integer" if base.endswith("Integer") else base]

    assert next(iter(store)).object == Literal(lexical, datatype=kept)


@given(st.sampled_from([base for base in datatypes.BASES if base not in ("string", "anyURI")]), TEXTS)
def test_no_literal_is_ill_typed(base: str, text: str) -> None:
    """What is taken for a value is one to another implementation of XML Schema's datatypes as well."""
    lexical = datatypes.named(base).read(text)
    if lexical is None:
        return

    assert not OracleLiteral(lexical, datatype=URIRef(XSD[base].value)).ill_typed


@given(st.sampled_from(datatypes.BASES), TEXTS)
def test_a_lexical_form_is_its_own(base: str, text: str) -> None:
    """Reading what was read gives the same."""
    read = datatypes.named(base).read
    lexical = read(text)

    assert lexical is None or read(lexical) == lexical


@pytest.mark.parametrize("base", NUMBERS)
@pytest.mark.parametrize("text", ["041009", "+1", "１", "1,234", "1e3", "", " 1", "1\n"])
def test_a_number_is_taken_only_in_one_form(base: str, text: str) -> None:
    """A text that would change on its way through a store, such as a code with its zero, is no number."""
    assert datatypes.named(base).read(text) is None


@pytest.mark.parametrize(
    "text",
    ["20240401", "2024-W14-1", "2023-02-29", "2024-4-1", "0000-01-01", "2024-04-01Z", "２０24-04-01"],
)
def test_a_date_is_a_day_of_the_calendar(text: str) -> None:
    """A date is year, month and day in digits, and there is such a day."""
    assert datatypes.named("date").read(text) is None


def test_a_format_is_about_the_whole_value() -> None:
    """A value that only contains what the format asks for does not match it."""
    assert datatypes.named("string", format_="[0-9]{2}").read("123") is None


def test_a_digit_of_a_format_is_ascii() -> None:
    """`\\d` means what it means in ECMAScript: no full-width digits."""
    assert datatypes.named("string", format_=r"\d+").read("０４") is None


def test_a_format_narrows_its_base() -> None:
    """A value has the form of its base and that of its format."""
    digest = datatypes.named("hexBinary", format_="[0-9a-f]+")

    assert [digest.read(text) for text in ("0af", "0AFF", "0aff")] == [None, None, "0aff"]


def test_every_base_is_known_to_xml_schema() -> None:
    """The names of the datatypes are those of XML Schema, whose IRIs the literals get."""
    assert all(OracleLiteral("", datatype=URIRef(XSD[base].value)).datatype for base in datatypes.BASES)


@pytest.mark.parametrize("base", ["integer", "date", "gYear"])
def test_a_format_that_is_not_understood_is_refused(base: str) -> None:
    """A format whose meaning is not a pattern is refused and not ignored."""
    with pytest.raises(ValueError, match="#0"):
        datatypes.named(base, format_="#0")
