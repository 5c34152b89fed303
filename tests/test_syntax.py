"""What is wrong with a text that is no query is said in words, with the place and what was meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Store

from pfgraph.errors import MalformedQuery
from pfgraph.namespaces import prefixes, shipped_sources
from pfgraph.query.grammar import grammar
from pfgraph.query.syntax import excerpt, explain, unsupported
from pfgraph.sources.lexer import significant

# A text, where it is wrong, and what the English message says of it.
FAULTS = [
    ("SELECT ?s WHERE { ?s ?p ?o", (1, 17), "{ is not closed. Add the }"),
    ("SELECT ?s WHERE { ?s ?p ?o }}", (1, 29), "} closes nothing"),
    ("ASK { FILTER(CONTAINS(?o, 'x') }", (1, 13), "( is not closed. Add the )"),
    ("SELECT ?s WHERE { ?s ?p }", (1, 25), "} cannot stand here. Expected: ?variable"),
    ("SELECT ?s WERE { ?s ?p ?o }", (1, 11), "Did you mean WHERE?"),
    ("SELCT ?s { ?s ?p ?o }", (1, 1), "Did you mean SELECT?"),
    ("SELECT s { ?s ?p ?o }", (1, 8), "A variable would be ?s"),
    ("SELECT ?s, ?p { ?s ?p ?o }", (1, 10), ", cannot stand here"),
    ("SELECT ?s {\n  ?s a ?o\n  ?o ?p 1\n}", (3, 3), "?o cannot stand here. Expected: , · . · ;"),
    ("ASK { FILTER(?s = ) }", (1, 19), "an expression"),
    ("ASK { FILTER ?s = 1 }", (1, 14), "?s cannot stand here"),
    ("ASK { FILTER(CONTAIN(?s, 'x')) }", (1, 14), "Did you mean CONTAINS?"),
    ("ASK { FILTER(1 == 2) }", (1, 17), "Equality is a single ="),
    ("ASK { FILTER NOT EXIST { } }", (1, 18), "Did you mean EXISTS?"),
    ("SELECT * { } LIMIT ten", (1, 20), "Expected: a whole number"),
    ("SELECT * { } LIMIT 10 ORDER BY ?s", (1, 23), "Their order is GROUP BY"),
    ("SELECT * { } ORDER ?s", (1, 20), "Expected: BY"),
    ("SELECT ?s COUNT(?p) { ?s ?p ?o } GROUP BY ?s", (1, 11), "(COUNT(?x) AS ?n)"),
    ("SELECT ?s (COUNT(?p) AS ?n) { ?s ?p ?o }", (1, 40), "neither grouped by nor aggregated"),
    ("SELECT * { BIND(1 AS ?s) BIND(2 AS ?s) }", (1, 36), "?s has a value already"),
    ("SELECT * { VALUES (?s ?p) { (1 2) (-1.5 'x'@en) ('1'^^<a:b>) } }", (1, 49), "2 variables, this row 1"),
    ("ASK { { _:a ?p ?s } { _:a ?p ?o } }", (1, 30), "same blank node"),
    ("ASK { ?s ?p 'x'^^int }", (1, 18), "int cannot stand here"),
    ("ASK { ?s ?p 'x }", (1, 13), "A string is not closed. Found: 'x }. ''' lets"),
    ("ASK { ?s ?p 'x\ny' }", (1, 13), "A string is not closed"),
    ('ASK { ?s ?p """x" }', (1, 13), 'Close it with """'),
    ('ASK { ?s ?p "a\\q" }', (1, 15), "A backslash in a string begins no escape here. Found: \\q"),
    ('ASK { ?s ?p "a\\ud800" }', (1, 15), "A backslash in a string begins no escape here"),
    ("ASK { ?s ?p <http://a b> }", (1, 22), "no IRI has. Found: ' '. In an IRI it is written %20"),
    ("ASK { ?s ?p <a> }", (1, 13), "This IRI is relative, and there is no BASE"),
    ("PREFIX a: http://x/ ASK {}", (1, 11), "An IRI stands between < and >"),
    ("ASK {} ASK {}", (1, 8), "There may be only one query"),
    ("ASK {} ;", (1, 8), "There may be only one query"),
    ("INSERT DATA { <a:b> <a:b> 1 }", (1, 1), "This is an update; only queries are answered here"),
    ("", (1, 1), "There is no query"),
    ("DESCRIBE", (1, 9), "The query ends too early"),
    ("ASK { 'あああ' 1 ?x }", (1, 13), "1 cannot stand here"),
    ("ASK { ?s ?p \x01 }", (1, 13), "This character cannot stand here. Found: '\\x01' (U+0001)"),
    # From a Japanese keyboard.
    ("SELECT ？s { ？s ?p ?o }", (1, 8), "FULLWIDTH QUESTION MARK, is not a character of SPARQL"),
    ("SELECT ?s ｛ ?s ?p ?o ｝", (1, 11), "FULLWIDTH LEFT CURLY BRACKET"),
    ("SELECT ?s { ?s ?p ?o｝", (1, 21), "FULLWIDTH RIGHT CURLY BRACKET"),
    ("SELECT ?s　{ ?s ?p ?o }", (1, 10), "U+3000, IDEOGRAPHIC SPACE, is not"),
    ("　SELECT ?s { ?s ?p ?o }", (1, 1), "Type an ordinary space instead; is a Japanese input method still on?"),
    ("ＳＥＬＥＣＴ ?s { ?s ?p ?o }", (1, 1), "FULLWIDTH LATIN CAPITAL LETTER S"),
    ("ASK { ?s ?p “x” }", (1, 13), 'Type " instead'),
    ("ASK { ?s ?p 1。 }", (1, 14), "IDEOGRAPHIC FULL STOP"),
    ("ASK { ?s ?p ?o ； ?q 1 }", (1, 16), "FULLWIDTH SEMICOLON"),
    ("ASK { FILTER（?x = 1） }", (1, 13), "FULLWIDTH LEFT PARENTHESIS"),
    ("\ufeffASK {}", (1, 1), "U+FEFF"),
]


def refused(text: str) -> MalformedQuery:
    """Return our error for a text, with what the engine says of it."""
    with pytest.raises(SyntaxError) as error:
        Store().query(text)
    return explain(text, str(error.value))


@pytest.mark.parametrize(("text", "where", "said"), FAULTS)
def test_a_fault_is_named_and_placed(text: str, where: tuple[int, int], said: str) -> None:
    """The message says what is wrong, where, and in both languages."""
    error = refused(text)

    assert (error.line, error.column) == where
    assert said in error.en
    assert error.ja.startswith(f"{where[0]}行{where[1]}列: ")


def test_an_undeclared_prefix_comes_with_its_declaration() -> None:
    """A prefix that we know is declared in one line to copy."""
    error = refused("SELECT * { ?s pf:leadGovernment ?o }")

    assert (error.line, error.column) == (1, 15)
    assert f"PREFIX pf: <{prefixes()['pf']}>" in error.ja
    assert f"PREFIX pf: <{prefixes()['pf']}>" in error.en


def test_an_undeclared_prefix_is_compared_with_those_declared() -> None:
    """A slip of the keys is told from the prefixes of the query itself."""
    error = refused("PREFIX town: <http://x/> ASK { ?s twon:name 1 }")

    assert "Did you mean town:?" in error.en


def test_an_earlier_fault_counts() -> None:
    """A prefix that is not declared is not blamed for what stands wrong before it."""
    error = refused("SELECT ?s WERE { ?s nowhere:p ?o }")

    assert "WHERE" in error.en


def test_names_of_any_script_are_no_fault() -> None:
    """Kanji and full-width letters in names and variables are left alone."""
    text = "PREFIX 県: <http://x/> SELECT ?市 { ?市 県:名Ａ ?名前 } LIMIT ten"

    assert refused(text).column == text.index("ten") + 1


def test_a_function_that_is_not_there_is_found() -> None:
    """A call of what the engine does not have is shown where it stands."""
    error = unsupported("PREFIX f: <http://f/>\nASK { FILTER(f:near(?x)) }", "http://f/near")

    assert (error.line, error.column) == (2, 14)
    assert "http://f/near" in error.en


def test_the_excerpt_has_a_caret_under_the_place() -> None:
    """A caret stands under the column, full-width characters before it counted as such."""
    assert excerpt("a\nあいx y", 2, 4) == "あいx y\n\u3000\u3000 ^"


def test_a_long_line_is_cut_around_the_place() -> None:
    """The excerpt of a long line is short, and the caret still under its place."""
    shown, caret = excerpt("x" * 5000 + "!" + "y" * 5000, 1, 5001).split("\n")

    assert len(shown) == 120
    assert shown[caret.index("^")] == "!"


@pytest.mark.parametrize("path", sorted((shipped_sources() / "queries").glob("*.rq")), ids=lambda p: p.stem)
def test_the_grammar_has_our_queries(path: Path) -> None:
    """Every canned query is one by the grammar."""
    assert grammar().stop(list(significant(path.read_text(encoding="utf-8")))) is None


WORDS = """
SELECT ASK CONSTRUCT DESCRIBE WHERE FROM NAMED DISTINCT * ( ) { } [ ] . ; , ?x ?y <a:b> "s" 'l'@en 1 2.5 true a
FILTER BIND AS VALUES OPTIONAL UNION MINUS GRAPH EXISTS NOT IN LIMIT OFFSET ORDER GROUP BY HAVING ASC UNDEF ^ / |
+ - ! = != < && || ^^ _:b STR( COUNT( IF( REGEX( ?
"""
words = st.sampled_from(WORDS.split())
STARTS = [
    *["SELECT * { ?x a ?y } ", "ASK { ?x <a:b>/^<c:d>* [ a 1 ] ; a ( 1 2 ) } ", "DESCRIBE ?x <a:b> "],
    *["CONSTRUCT { ?x a ?y } WHERE { ", "CONSTRUCT WHERE { ?x a ?y } ", "ASK { FILTER ( ", "ASK { ?x a ?y "],
    *["SELECT ?x ( COUNT( * ) AS ?n ) { ?x a ?y } GROUP BY ?x ", "ASK { VALUES ( ?x ?y ) { ( 1 UNDEF ) "],
    *["SELECT * { { SELECT ?x { ?x a ?y } LIMIT 1 } ", "ASK { ?x ( <a:b> | ! ( a | ^<c:d> ) )+ ?y ", ""],
]
ENDS = ["", "}", ") }", "} }", "ORDER BY DESC( ?x ) LIMIT 1", "{ ?x a ?y }", "?y }", "1 ) } LIMIT 1"]


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(STARTS), st.lists(words, max_size=4), st.sampled_from(ENDS))
def test_the_grammar_refuses_no_query(start: str, middle: list[str], end: str) -> None:
    """What the engine takes for a query is one by the grammar, so no word of it is ever blamed."""
    text = f"{start}{' '.join(middle)} {end}"
    try:
        Store().query(text)
    except SyntaxError:
        return

    assert grammar().stop(list(significant(text))) is None
