"""Queries that mean no good, by what they try, with the kinds of answer each may have.

Whether one ends by time, by memory or with the process depends on the machine: that it ends does not.
"""

from __future__ import annotations

from typing import NamedTuple

# No answer, because a budget ran out or the process did not survive.
STOPPED = frozenset({"query-timeout", "query-cpu-exceeded", "query-memory-exceeded", "engine-lost", "cut"})
ANSWERED = frozenset({"ok"})
REFUSED = frozenset({"malformed-query", "request-error"})
FORBIDDEN = frozenset({"forbidden-feature"})
LONG = frozenset({"query-too-large", "body-too-large"})
# Clever enough an engine answers these in time; none is hurt by them.
EITHER = STOPPED | ANSWERED
LARGE = STOPPED | {"result-too-large"}


class Hostile(NamedTuple):
    """A query's text, or the bytes sent in place of one, and the kinds of answer it may have."""

    text: str | bytes
    ends: frozenset[str]


AWAY = "<http://127.0.0.1:9/>"
THREE = "?a ?b ?c . ?d ?e ?f . ?g ?h ?i"
XSD = "PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>"
DATES = " ".join(
    f'"{text}"^^xsd:dateTime'
    for text in [
        "2020-01-01T00:00:00Z",
        "2020-01-01T00:00:00",
        "2020-01-01T05:00:00+14:00",
        "2019-12-31T20:00:00",
        "2020-01-01T12:00:00-13:00",
    ]
)


def nested(opening: str, inner: str, closing: str, depth: int) -> str:
    """Return something in brackets, many times."""
    return opening * depth + inner + closing * depth


def filtered(expression: str) -> str:
    """Return a query that only evaluates an expression."""
    return f"SELECT * {{ FILTER({expression}) }}"


JOINS = {
    "cross join, sorted": Hostile(f"SELECT * {{ {THREE} }} ORDER BY ?a ?i LIMIT 10", STOPPED),
    "cross join, distinct": Hostile(f"SELECT DISTINCT ?a ?d ?g {{ {THREE} }}", LARGE),
    "cross join, concatenated": Hostile(f"SELECT (GROUP_CONCAT(STR(?a)) AS ?z) {{ {THREE} }}", STOPPED),
    "cross join, counted": Hostile(f"SELECT (COUNT(*) AS ?n) {{ {THREE} . ?j ?k ?l }}", STOPPED),
    "cross join, grouped": Hostile(f"SELECT ?a ?d (COUNT(*) AS ?n) {{ {THREE} }} GROUP BY ?a ?d ?g", STOPPED),
    "cross join, streamed": Hostile("SELECT * { ?a ?b ?c . ?d ?e ?f }", LARGE),
    "cross join, described": Hostile("DESCRIBE ?a { ?a ?b ?c . ?d ?e ?f }", EITHER | LARGE),
    "everything described": Hostile("DESCRIBE * { ?s ?p ?o }", EITHER | LARGE),
    "dice for ever": Hostile("SELECT (SUM(RAND()) AS ?s) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }", STOPPED),
    "everything by everything": Hostile("CONSTRUCT { ?a ?e ?f } { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }", LARGE),
    "1,000 joins": Hostile(f"SELECT * {{ {' '.join(f'?s{i} ?p{i} ?s{i + 1} .' for i in range(1000))} }}", EITHER),
    "a star of 400": Hostile(f"SELECT * {{ {' '.join(f'?s ?p{i} ?o{i} .' for i in range(400))} }}", LARGE),
    "800 optionals": Hostile(
        f"SELECT * {{ ?s ?p ?o {' '.join(f'OPTIONAL {{ ?s ?p{i} ?o{i} }}' for i in range(800))} }}", EITHER | LARGE
    ),
    "3,000 unions": Hostile(f"SELECT * {{ {' UNION '.join(['{ ?s ?p ?o }'] * 3000)} }}", EITHER | LARGE),
    "9,000 projections": Hostile(f"SELECT {' '.join(f'?v{i}' for i in range(9000))} {{ ?s ?p ?o }}", EITHER | LARGE),
    "9,000 values": Hostile(f"SELECT * {{ VALUES ?x {{ {' '.join(map(str, range(9000)))} }} ?s ?p ?x }}", EITHER),
}
NESTS = {
    **{f"{depth} braces": Hostile(f"SELECT * {nested('{', '', '}', depth)}", EITHER) for depth in (1000, 5000, 30000)},
    "100,000 braces": Hostile(f"SELECT * {nested('{', '', '}', 100_000)}", LONG),
    "10,000 brackets": Hostile(filtered(nested("(", "1", ")", 10000)), EITHER),
    "30,000 brackets": Hostile(filtered(nested("(", "1", ")", 30000)), EITHER),
    "50,000 brackets that nobody closes": Hostile("SELECT * { FILTER(" + "(" * 50_000, STOPPED | REFUSED),
    "50,000 nots": Hostile(filtered("!" * 50_000 + "true"), EITHER),
    "6,000 functions": Hostile(filtered(nested("STR(", "1", ")", 6000)), EITHER),
    "5,000 conditions": Hostile(f"SELECT ({nested('IF(true,', '1', ',2)', 5000)} AS ?x) {{}}", EITHER),
    "2,000 existences": Hostile(f"SELECT * {{ {nested('FILTER EXISTS { ', '?s ?p ?o', ' }', 2000)} }}", EITHER),
    "1,100 sub-selects": Hostile(f"SELECT * {nested('{ SELECT * ', '{ ?s ?p ?o }', ' }', 1100)}", EITHER | LARGE),
    "1,000 lists": Hostile(f"SELECT * {{ ?s ?p {nested('(', '', ')', 1000)} }}", EITHER | REFUSED),
    "20,000 sums": Hostile(f"SELECT ({'1+' * 20_000}1 AS ?x) {{}}", EITHER),
    "a path of 1,024": Hostile(f"SELECT * {{ ?s {'/'.join(['!<a:a>'] * 1024)} ?o }}", EITHER),
    "9,000 alternatives": Hostile(f"SELECT * {{ ?s {'|'.join(['<a:a>'] * 9000)} ?o }}", EITHER),
}
PATHS = {
    "every path there is": Hostile("SELECT * { ?s (<a:a>|!<a:a>)* ?o }", EITHER | LARGE),
    "paths of paths": Hostile("SELECT * { ?s (!<a:x>/!<a:y>)+ ?o . ?o (!<a:z>)* ?t }", EITHER | LARGE),
    "stars of stars": Hostile("SELECT * { ?s ((((!<a:x>)*)*)*)* ?o }", EITHER | LARGE),
    "a path to everywhere": Hostile("SELECT (COUNT(*) AS ?n) { ?s (!<a:x>)* ?o . ?o (^!<a:y>)* ?t }", STOPPED),
    "a path that repeats": Hostile("SELECT * { ?s <a:a>{0,} ?o }", REFUSED),
    "a path that repeats often": Hostile("SELECT * { ?s <a:a>{1,1000000} ?o }", REFUSED),
}
TEXTS = {
    "a regex that backtracks": Hostile("SELECT * { ?s ?p ?o FILTER REGEX(STR(?o), '(a+)+$') }", EITHER),
    "a regex that explodes": Hostile(
        "SELECT * { ?s ?p ?o FILTER REGEX(STR(?o), '((a{0,100}){0,100}){0,100}') }", EITHER
    ),
    "a text that doubles": Hostile(
        "SELECT ?a40 { BIND('aaaaaaaa' AS ?a0) "
        + " ".join(f"BIND(CONCAT(?a{i}, ?a{i}) AS ?a{i + 1})" for i in range(40))
        + " }",
        STOPPED,
    ),
    "a text that is replaced": Hostile(
        f"SELECT ?z {{ BIND(REPLACE('{'a' * 20_000}', 'a', '{'b' * 20_000}') AS ?z) }}", EITHER | LARGE
    ),
    "dates without an order": Hostile(
        f"{XSD} SELECT * {{ VALUES ?d {{ {DATES} }} ?s ?p ?o . ?t ?q ?s }} ORDER BY ?d ?s LIMIT 10", EITHER
    ),
    "geometry of everything": Hostile(
        "SELECT * { ?s ?p ?o FILTER(<http://www.opengis.net/def/function/geosparql/sfIntersects>(?o, ?o)) }", EITHER
    ),
    "a query of 10 MB": Hostile(f"SELECT * {{ ?s ?p '{'x' * 10_000_000}' }}", LONG),
    "a query of 100 kB": Hostile(f"SELECT * {{ ?s ?p '{'x' * 100_000}' }}", LONG),
    "half a surrogate": Hostile("SELECT * { ?s ?p '\\uD800' }", REFUSED),
    "no UTF-8": Hostile(b"SELECT * { ?s ?p '\xff\xfe' }", REFUSED),
    "half a character": Hostile(b"SELECT * { ?s ?p '\xe6\x9d' }", REFUSED),
    "a zero": Hostile("SELECT * { ?s ?p '\x00' }", EITHER | REFUSED),
    "replacement characters": Hostile("\ufffd" * 1000, REFUSED),
    "a function of Java's": Hostile(
        "SELECT * { ?s <java:java.lang.Runtime> ?o BIND(<java:java.lang.System.exit>(1) AS ?x) }", EITHER | REFUSED
    ),
    "property functions": Hostile(
        "PREFIX apf: <http://jena.apache.org/ARQ/property#> SELECT * { ?s apf:splitIRI (?n ?l) }", EITHER
    ),
}
FETCHES = {
    "SERVICE": f"SELECT * {{ SERVICE {AWAY} {{ ?s ?p ?o }} }}",
    "SERVICE SILENT": f"SELECT * {{ SERVICE SILENT {AWAY} {{ ?s ?p ?o }} }}",
    "service without a blank": "select*{service<http://127.0.0.1:9/>{?s?p?o}}",
    "SERVICE behind a comment": f"SELECT * {{ #\nSERVICE#\n{AWAY} {{ ?s ?p ?o }} }}",
    "SERVICE by a variable": f"SELECT * {{ BIND({AWAY} AS ?u) SERVICE ?u {{ ?s ?p ?o }} }}",
    "SERVICE in EXISTS": f"ASK {{ FILTER EXISTS {{ SERVICE {AWAY} {{ ?s ?p ?o }} }} }}",
    "SERVICE in a sub-select": f"SELECT * {{ {{ SELECT * {{ SERVICE SILENT {AWAY} {{ ?s ?p ?o }} }} }} }}",
    "SERVICE behind a bracket": f"SELECT * {{ FILTER(true)SERVICE{AWAY}{{}} }}",
    "SERVICE behind a word": f"SELECT * {{ ?s ?p trueSERVICE{AWAY}{{}} }}",
    "SERVICE behind a number": f"SELECT * {{ ?s ?p 1SERVICE{AWAY}{{ ?s ?p ?o }} }}",
    "SERVICE behind a language": f'SELECT * {{ ?s ?p "x"@en.SERVICE{AWAY}{{ ?s ?p ?o }} }}',
    "SERVICE behind a name": f"PREFIX a: <urn:a> SELECT * {{ ?s ?p a:b.c.SERVICE{AWAY}{{ ?s ?p ?o }} }}",
    "SERVICE before a name": "PREFIX a: <http://127.0.0.1:9/> SELECT * { SERVICEa:x{ ?s ?p ?o } }",
    "SERVICE before SILENT": f"SELECT * {{ ?s ?p ?o.SERVICESILENT{AWAY}{{ ?s ?p ?o }} }}",
    "SERVICE in what seems a string": f'SELECT * {{ ?s ?p """ ".SERVICE {AWAY} {{ ?s ?p ?o }} #\\x """\n }}',
    "SERVICE of a file": "SELECT * { SERVICE <file:///etc/passwd> { ?s ?p ?o } }",
    "LOAD": f"LOAD {AWAY}",
    "LOAD behind a query": f"SELECT * {{}} ; LOAD {AWAY}",
}
UPDATES = {
    "an update": Hostile("INSERT DATA { <a:a> <a:b> <a:c> }", REFUSED),
    "an end": Hostile("DROP ALL", REFUSED),
    "SERVICE in escapes": Hostile(f"SELECT * {{ \\u0053ERVICE {AWAY} {{ ?s ?p ?o }} }}", REFUSED),
    "a graph to fetch": Hostile(f"SELECT * FROM {AWAY} {{ ?s ?p ?o }}", ANSWERED),
    "a file to read": Hostile("SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }", ANSWERED),
    "nothing": Hostile(" ", frozenset({"bad-parameter"})),
}
BATTERY: dict[str, Hostile] = {
    **JOINS,
    **NESTS,
    **PATHS,
    **TEXTS,
    **UPDATES,
    **{name: Hostile(text, FORBIDDEN) for name, text in FETCHES.items()},
}
