"""A query is told by its tokens, and none that would fetch something gets to the engine."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from pyoxigraph import Store

from pfgraph.errors import ForbiddenFeature, MalformedQuery, QueryTooLarge
from pfgraph.namespaces import shipped_sources
from pfgraph.query.sparql import inspect
from pfgraph.sources.lexer import place, significant, tokens

HERE = "<http://127.0.0.1:9/>"
GROUP = "{?d ?e ?f}"
# What the engine takes for a SERVICE clause; each was seen to open a connection. %s is an endpoint.
DISGUISES = [
    "SELECT*{SERVICE %s{?d ?e ?f}}",
    "select*{service%s{?d ?e ?f}}",
    "SELECT*{SeRvIcE SILENT %s{?d ?e ?f}}",
    "SELECT*{SERVICESILENT%s{?d ?e ?f}}",
    "SELECT*{SERVICE#x\n%s{?d ?e ?f}}",
    "SELECT*{BIND(%s AS ?x)SERVICE?x{?d ?e ?f}}",
    "SELECT*{?s ?p 1SERVICE%s{?d ?e ?f}}",
    "SELECT*{?s ?p 1.SERVICE%s{?d ?e ?f}}",
    "SELECT*{?s ?p 1.e5SERVICE%s{?d ?e ?f}}",
    "SELECT*{?s ?p 'a'SERVICE%s{?d ?e ?f}}",
    "SELECT*{?s ?p 'a'@en SERVICE%s{?d ?e ?f}}",
    "SELECT*{?s ?p trueSERVICE%s{?d ?e ?f}}",
    "SELECT*{?s ?p falseSERVICESILENT%s{?d ?e ?f}}",
    "SELECT*{?s atrueSERVICE%s{?d ?e ?f}}",
    "SELECT*{?s ?p ?o ~SERVICE%s{?d ?e ?f}}",
    "SELECT*{FILTER EXISTS{SERVICE%s{?d ?e ?f}}}",
    "SELECT*{{SELECT*{SERVICE%s{?d ?e ?f}}}}",
    "SELECT*{OPTIONAL{}SERVICE%s{?d ?e ?f}}",
    "ASK{GRAPH?g{SERVICE%s{?d ?e ?f}}}",
    "CONSTRUCT{}WHERE{SERVICE%s{?d ?e ?f}}",
    "DESCRIBE?x{SERVICE%s{?x ?e ?f}}",
    "PREFIX ex:%s SELECT*{SERVICE ex:{?d ?e ?f}}",
    "PREFIX ex:%s SELECT*{SERVICEex:x{?d ?e ?f}}",
    "PREFIX ex:%s SELECT*{SERVICESILENTex:x{?d ?e ?f}}",
    "PREFIX ex:%s SELECT*{?s ?p ?o ~SERVICEex:x{?d ?e ?f}}",
    "PREFIX ex:%s SELECT*{?s ?p trueSERVICEex:x{?d ?e ?f}}",
    "PREFIX ex:%s SELECT*{?s atrueSERVICEex:x{?d ?e ?f}}",
    "PREFIX ex:%s SELECT*{?s ?p true.SERVICEex:x{?d ?e ?f}}",
    "PREFIX :%s SELECT*{SERVICE:x{?d ?e ?f}}",
    "PREFIX :%s PREFIX SERVICE:<http://x/> SELECT*{?a ?b ?c.SERVICE:x{?d ?e ?f}}",
    "PREFIX ex:<http://a:> SELECT*{?s ?p ex:SERVICE%s{?d ?e ?f}}",
    "PREFIX ex:<http://a:8> PREFIX b:%s SELECT*{?s ?p ex:SERVICEb:x{?d ?e ?f}}",
    "PREFIX ex:<http://a:8> SELECT*{?x ex:8SERVICE%s{?d ?e ?f}}",
    "PREFIX ex:<http://a:> SELECT*{ex:atrueSERVICE%s{?d ?e ?f}}",
    "PREFIX :<http://a:> SELECT*{?s a:SERVICE%s{?d ?e ?f}}",
    "PREFIX a:<http://a/> SELECT*{?s ?p a:b.c.SERVICE%s{?d ?e ?f}}",
    "PREFIX a:<http://a/> PREFIX b:%s SELECT*{?s ?p a:b..c.SERVICEb:x{?d ?e ?f}}",
    'SELECT*{VALUES ?x{""" "} SERVICE%s{?d ?e ?f} #\\uD800 """\n}',
    'SELECT*{VALUES ?x{""" "} SERVICE%s{?d ?e ?f} #\\x """\n}',
    "SELECT*{VALUES ?x{''' '} SERVICE%s{?d ?e ?f} #\\UFFFFFFFF '''\n}",
    'SELECT*{?a ?b ?c FILTER(?a<1#>"""\n)SERVICE%s{?d ?e ?f} #"""\n}',
    'BASE<http://b/>SELECT*{?a ?b ?c FILTER(?a<#>"""\n1)SERVICE%s{?d ?e ?f} #"""\n}',
    'SELECT*{?a ?b ?c FILTER(?a<=1#>"""\n)SERVICE%s{?d ?e ?f} #"""\n}',
    "PREFIX h:%s SELECT*{?a ?b ?c FILTER(?a<h:a#>'''\n+1)SERVICE h:x{?d ?e ?f} #'''\n}",
    "PREFIX b:%s SELECT*{?a ?b ?c FILTER(?a<#>GRAPH }}\n1)SERVICEb:x{?d ?e ?f}}",
]
# What only looks like one.
HARMLESS = [
    'SELECT*{?s ?p "SERVICE <http://x/> {?s ?p ?o}"}',
    "SELECT*{?s ?p '''SERVICE <http://x/> { ''' }",
    'SELECT*{?s ?p """a "SERVICE" \\" \\u0022 """}',
    "SELECT*{?s ?p ?o} # SERVICE <http://x/> {}",
    "# SERVICE\nSELECT*{?s ?p ?o}",
    "SELECT*{?s <http://x/SERVICE> ?o}",
    "SELECT*{?s <http://x/#SERVICE> ?o}",
    "SELECT*{?SERVICE ?p $service}",
    "SELECT*{?s ?p 'x'@service}",
    "SELECT*{_:SERVICE ?p ?o}",
    "PREFIX service: <http://x/> SELECT*{?s service:port ?o}",
    "PREFIX service: <http://x/> SELECT*{GRAPH service:g {?s ?p ?o}}",
    "PREFIX service: <http://x/> SELECT* FROM service:g FROM NAMED service:h {?s ?p ?o}",
    "PREFIX service: <http://x/> DESCRIBE service:x {?s ?p ?o}",
    "PREFIX pf: <http://x/> SELECT*{?s a pf:SupportService {?s pf:service ?o} UNION {}}",
    "PREFIX s: <http://schema.org/> SELECT*{?s s:serviceType ?o {?o ?p ?q}}",
    "PREFIX s: <http://schema.org/> SELECT*{?s s:a.service ?o {?o ?p ?q}}",
    "PREFIX b: <http://x/> SELECT*{?s ?p b:%53\\~SERVICE}",
    "SELECT*{?s ?p ?o FILTER(?o < 1)} # SERVICE",
    "SELECT*{?s ?p ?o FILTER(?o > 1 && ?o<'SERVICE')}",
    "PREFIX sd: <http://www.w3.org/ns/sparql-service-description#> SELECT*{?s a sd:Service}",
    "SELECT*{?s a <http://www.w3.org/ns/sparql-service-description#Service> {?s ?p ?o}}",
]


def takes_for_a_clause(query: str) -> bool:
    """Return whether the engine reads SERVICE in a query as a keyword: with other letters it is no query."""
    renamed = re.sub("service", lambda found: "SERVICF" if found[0].isupper() else "servicf", query, flags=re.I)
    return parses(query) and not parses(renamed)


def parses(query: str) -> bool:
    """Return whether the engine takes a text for a query."""
    try:
        Store().query(query)
    except SyntaxError:
        return False
    except (OSError, RuntimeError):
        # Parsed, and already tried.
        return True
    return True


def outcome(query: str) -> str:
    """Return the form of a query, or what it is refused for."""
    try:
        return inspect(query).form
    except (ForbiddenFeature, MalformedQuery) as error:
        return type(error).__name__


# ---- tokens


@given(st.text(alphabet=st.sampled_from(list("aS1.:<>\"'\\#?{}()@^_%-~ \n\ruU0é々\u3000𠮷")), max_size=40))
@example('"""a" \\" """')
def test_tokens_cover_the_text(text: str) -> None:
    """Every character is in one token, in order."""
    found = list(tokens(text))

    assert "".join(token.text for token in found) == text
    assert [token.end for token in found[:-1]] == [token.start for token in found[1:]]


@given(st.text(alphabet=st.sampled_from(list("aS1.:<>\"'\\#?{} \n")), max_size=40))
def test_significant_tokens_are_the_tokens_but_blanks_and_comments(text: str) -> None:
    """Both ways of cutting a text agree."""
    assert list(significant(text)) == [t for t in tokens(text) if t.kind not in {"space", "comment"}]


@pytest.mark.parametrize(
    "text",
    ["a." * 30_000, "a:b" + "." * 60_000, "<a" * 30_000, "'''a" * 15_000, "a.b. " * 12_000, "'\\x" * 20_000],
    ids=lambda text: text[:6],
)
def test_cutting_takes_time_in_proportion(text: str) -> None:
    """No text makes the lexer look at its characters again and again."""
    assert sum(1 for _ in tokens(text)) <= len(text)


def test_a_place_counts_lines_of_every_kind() -> None:
    """LF, CR and CR LF each end a line; columns count characters."""
    assert place("a\r\nb\rc\nあx", 8) == (4, 2)


# ---- forms


@pytest.mark.parametrize("form", ["SELECT", "ASK", "CONSTRUCT", "DESCRIBE"])
@pytest.mark.parametrize(
    "prologue", ["", "# c\n", "PREFIX a: <http://x/>\n", "BASE <http://x/> PREFIX : <#> ", 'VERSION "1.2" ']
)
def test_the_form_is_the_word_behind_the_prologue(prologue: str, form: str) -> None:
    """Neither comments nor declarations hide the form, and case does not matter."""
    assert inspect(f"{prologue}{form.title()} * {{?s ?p ?o}}").form == form


@pytest.mark.parametrize("path", sorted((shipped_sources() / "queries").glob("*.rq")), ids=lambda p: p.stem)
def test_our_own_queries_are_plain(path: Path) -> None:
    """Every canned query passes."""
    assert inspect(path.read_text(encoding="utf-8")).form in {"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"}


@pytest.mark.parametrize(
    "text",
    [
        *["", " \n", "# only a comment", "PREFIX a: <http://x/>", "SELEKT * {}", "ſELECT * {}", "﻿", "\x00"],
        *["INSERT DATA {<a:b> <a:b> 1}", "DELETE WHERE {?s ?p ?o}", "CLEAR ALL", "WITH <a:b> DELETE {} WHERE {}"],
        *["SELECTDISTINCT*{}", "PREFIX a: <http://x/> DESCRIBEa:b", "ASK {\ud800}"],
    ],
)
def test_what_is_no_query_is_malformed(text: str) -> None:
    """A text without a form, an update, and half a character are refused before the engine sees them."""
    assert outcome(text) == "MalformedQuery"


@pytest.mark.parametrize(
    "text",
    ["ASK {} ASK {}", "SELECT * {} ; SELECT * {}", "ASK {} PREFIX a: <http://x/> DESCRIBE a:b", "ASK { } } ASK {"],
)
def test_there_is_one_query(text: str) -> None:
    """What follows a query is no second one."""
    assert outcome(text) == "MalformedQuery"


@pytest.mark.parametrize("text", ["SELECT * {{SELECT * {}}}", "ASK {# SELECT\n}", "ASK {?s ?p 'SELECT'}"])
def test_a_sub_select_is_no_second_query(text: str) -> None:
    """Within a group, a comment and a string the words are free."""
    assert outcome(text) in {"SELECT", "ASK"}


def test_a_long_text_is_not_looked_at() -> None:
    """A text of 10 MB is refused by its length, in bytes."""
    with pytest.raises(QueryTooLarge):
        inspect("SELECT * { SERVICE" + "あ" * 4_000_000, 2**16)


# ---- SERVICE and LOAD


@pytest.mark.parametrize("query", DISGUISES)
def test_a_disguise_is_a_clause_to_the_engine(query: str) -> None:
    """The table tells the truth about the engine: what is in it, it takes for a SERVICE clause."""
    assert takes_for_a_clause(query.replace("%s", HERE))


@pytest.mark.parametrize("query", DISGUISES)
def test_a_disguise_is_seen_through(query: str) -> None:
    """What the engine takes for a SERVICE clause is refused as what it is."""
    assert outcome(query.replace("%s", HERE)) == "ForbiddenFeature"


@pytest.mark.parametrize("query", HARMLESS)
def test_what_is_no_clause_passes(query: str) -> None:
    """In strings, comments, IRIs, variables and names the word is free."""
    assert not takes_for_a_clause(query)
    assert outcome(query) in {"SELECT", "DESCRIBE"}


def test_a_refusal_says_where() -> None:
    """Line and column lead to the word."""
    with pytest.raises(ForbiddenFeature) as refused:
        inspect("SELECT * {\n  ?s ?p 'SERVICE' .\n  あ:x a:b trueService <http://x/> {}\n}")

    assert (refused.value.feature, refused.value.line, refused.value.column) == ("SERVICE", 3, 15)


@pytest.mark.parametrize(
    "text",
    [
        *["LOAD <http://x/>", "load silent <http://x/> INTO GRAPH <http://g/>", "PREFIX a: <http://x/> LOADa:b"],
        *[
            "ASK {} ; LOAD <http://x/>",
            "CLEAR ALL ; LOAD <http://x/>",
            "INSERT DATA {<a:b> <a:b> 'LOAD'} ;\n#\nLOAD<http://x/>",
        ],
    ],
)
def test_load_is_refused(text: str) -> None:
    """LOAD is refused as what it is, wherever an operation can begin."""
    assert outcome(text) == "ForbiddenFeature"


def test_the_word_load_is_free() -> None:
    """A variable, a prefix or a string may be called LOAD."""
    assert outcome("PREFIX load: <http://x/> SELECT ?load {?load load:load 'LOAD'}") == "SELECT"


hidden = st.sampled_from(["SERVICE", "service", "SERVICE <http://x/> {}", "} SERVICE <http://x/> {", "SERVICE ex:a {"])


@given(hidden, st.sampled_from(['"%s"', "'%s'", '"""%s"""', "'''%s'''", '"\\"%s\\\\"', "'''a'%s'a'''"]))
def test_service_in_a_string_is_never_refused(word: str, quotes: str) -> None:
    """Whatever a string says of SERVICE, the query is answered."""
    query = "SELECT * {?s ?p " + quotes.replace("%s", word) + "}"

    assert parses(query)
    assert outcome(query) == "SELECT"


pieces = st.sampled_from(
    [
        *["SERVICE", "service", "SILENT", "true", "false", "a", "1", ".5", "1e5", "?x", "_:b.c.SERVICE", "'x'", '""'],
        *[
            "<#>",
            "<1#>",
            "<'>",
            "<x:y#z>",
            "<http://h/>",
            "ex:a",
            "ex:",
            "ex:a.b",
            "ex:SERVICE",
            ":x",
            ":",
            "a:SERVICE",
        ],
        *["p:8SERVICE", "SERVICEex:x", "SERVICE:x", "trueSERVICEex:x", '"""', "'''", '"', "\\x", "\\uD800", "@en"],
        *["#", "\n", " ", "{", "}", "(", ")", ".", ",", ";", "<", ">", "<=", "FILTER(", "FILTER(?x", "GRAPH", "FROM"],
        *["OPTIONAL", "UNION", "BIND(1 AS ?z)", "VALUES ?x {", "VALUES ?v {1}", "UNDEF", "EXISTS{", "~", "^^", "%41"],
        *["?s ?p ", "?s ?p ?o.", "?s ?p ?o", "{?d ?e ?f}", "<http://h/>{?d ?e ?f}", "ex:x{?d ?e ?f}", "LIMIT 1"],
    ]
)
# The engine evaluates ASK at once; here nothing is to be fetched.
SELECTS = [query for query in DISGUISES if "SELECT*" in query]
prologues = st.sampled_from(
    [
        *["PREFIX ex: <http://a/>", "PREFIX ex: <http://a:>", "PREFIX p: <http://a:8>", "PREFIX : <http://a:>"],
        *["PREFIX : <http://a/>", "PREFIX SERVICE: <http://s/>", "BASE <http://b/>", "PREFIX a: <http://a/>"],
    ]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(st.lists(prologues, max_size=3), st.sampled_from(SELECTS), st.data())
def test_no_change_to_a_disguise_escapes(prologue: list[str], query: str, data: st.DataObject) -> None:
    """However a disguise is mended, what the engine takes for a clause is refused."""
    for piece in data.draw(st.lists(pieces, min_size=1, max_size=3)):
        cut = data.draw(st.integers(0, len(query)))
        skipped = data.draw(st.integers(0, 3))
        query = query[:cut] + piece + query[cut + skipped :]
    query = "".join(prologue) + query.replace("%s", HERE)
    assume(takes_for_a_clause(query))

    assert outcome(query) in {"ForbiddenFeature", "MalformedQuery"}
