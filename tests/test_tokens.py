"""The lexer knows strings, comments and IRIs from what they look like."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pfgraph.sources.tokens import tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT ?a # ?b\n?c", ["word SELECT", "variable ?a", "variable ?c"]),
        ('"# } \\" \\\\" }', ['string "# } \\" \\\\"', "mark }"]),
        ('"""a "quoted" \n line""" .', ['string """a "quoted" \n line"""', "mark ."]),
        ("'''it's''' '' ''", ["string '''it's'''", "string ''", "string ''"]),
        ("<urn:x#y> <http://例え.jp/?a=b>", ["iri <urn:x#y>", "iri <http://例え.jp/?a=b>"]),
        ("?a < 3 && ?b > 1", ["variable ?a", "mark <", "number 3", "mark &&", "variable ?b", "mark >", "number 1"]),
        ('"x"@ja-hrkt "1"^^xsd:int', ['string "x"', "language @ja-hrkt", 'string "1"', "mark ^^", "name xsd:int"]),
        ("pf:a/pf:b.c. :d", ["name pf:a", "mark /", "name pf:b.c", "mark .", "name :d"]),
        ("ex:a%20b ex:a\\~b _:n", ["name ex:a%20b", "name ex:a\\~b", "name _:n"]),
        ("1.5e3 .5 2.", ["number 1.5e3", "number .5", "number 2", "mark ."]),
        ('"open', ['mark "', "word open"]),
    ],
)
def test_tokens_are_those_of_sparql(text: str, expected: list[str]) -> None:
    """Each token has the kind that the grammar gives it."""
    assert [f"{token.kind} {token.text}" for token in tokens(text)] == expected


@given(st.text() | st.text(alphabet="\"'\\<>#?{}@:a1. \n"))
def test_tokens_cover_the_text(text: str) -> None:
    """A token is the text at its place, and nothing but white space and comments lies between two."""
    end = 0
    for token in tokens(text):
        gap = text[end : token.start]
        assert text[token.start : token.end] == token.text
        assert not gap.strip() or gap.lstrip().startswith("#")
        end = token.end
