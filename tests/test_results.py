"""The digest of a result depends on the result alone."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pfgraph.publish.results import canonical, is_changing, is_ordered

QUERY = "SELECT ?a ?b { ?a ?p ?b }"
ORDERED = f"{QUERY} ORDER BY ?a"
WORDS = st.text(alphabet='aäあ\u2028\n"\\', max_size=3)
TERMS = st.one_of(
    st.builds(lambda value: {"type": "uri", "value": f"urn:x:{value}"}, st.sampled_from("ab")),
    st.builds(lambda value: {"type": "literal", "value": value}, WORDS),
    st.builds(lambda value: {"type": "literal", "value": value, "xml:lang": "ja"}, WORDS),
)
SOLUTIONS = st.lists(st.dictionaries(st.sampled_from("ab"), TERMS), max_size=6)


def body(solutions: list[Any], names: tuple[str, ...] = ("a", "b")) -> bytes:
    """Return solutions in SPARQL JSON."""
    return json.dumps({"head": {"vars": names}, "results": {"bindings": solutions}}).encode()


def digest(solutions: list[Any], query: str = QUERY) -> str:
    """Return the digest of solutions."""
    return canonical(query, "SELECT", body(solutions)).digest


@given(SOLUTIONS, st.randoms())
def test_the_order_of_unordered_solutions_does_not_count(solutions: list[Any], random: Any) -> None:
    """Without ORDER BY a result is a bag of solutions."""
    mixed = list(solutions)
    random.shuffle(mixed)

    assert digest(mixed) == digest(solutions)


@given(SOLUTIONS)
def test_the_order_of_ordered_solutions_counts(solutions: list[Any]) -> None:
    """With ORDER BY another order is another result."""
    same = solutions == solutions[::-1]

    assert (digest(solutions, ORDERED) == digest(solutions[::-1], ORDERED)) is same


@given(SOLUTIONS, SOLUTIONS)
def test_other_solutions_have_another_digest(one: list[Any], other: list[Any]) -> None:
    """Results are equal exactly where they have the same solutions as often."""

    def bag(solutions: list[Any]) -> list[str]:
        return sorted(json.dumps(each, sort_keys=True) for each in solutions)

    assert (digest(one) == digest(other)) is (bag(one) == bag(other))


@given(SOLUTIONS)
def test_a_solution_more_counts(solutions: list[Any]) -> None:
    """Duplicates are not merged."""
    assert digest([*solutions, *solutions, {}]) != digest(solutions)


def test_the_method_is_as_documented() -> None:
    """The digest can be computed by hand from the description."""
    solutions = [{"b": {"type": "literal", "value": "鳥取"}, "a": {"type": "uri", "value": "urn:x"}}, {}]
    lines = [
        "SELECT",
        '["a","b"]',
        '{"a":{"type":"uri","value":"urn:x"},"b":{"type":"literal","value":"鳥取"}}',
        "{}",
    ]
    expected = hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()

    assert digest(solutions) == expected


def test_a_string_is_a_string() -> None:
    """Whether `xsd:string` is written does not count, nor does the case of a language tag."""
    string = "http://www.w3.org/2001/XMLSchema#string"
    plain = [{"a": {"type": "literal", "value": "x"}, "b": {"type": "literal", "value": "x", "xml:lang": "ja"}}]
    marked = [
        {
            "a": {"type": "literal", "value": "x", "datatype": string},
            "b": {"type": "literal", "value": "x", "xml:lang": "JA"},
        }
    ]

    assert digest(plain) == digest(marked)


@pytest.mark.parametrize("query", [QUERY, ORDERED])
def test_the_labels_of_blank_nodes_do_not_count(query: str) -> None:
    """Blank nodes may be called anything, as long as they are told apart."""

    def solutions(*labels: str) -> list[Any]:
        values = zip("xxy", labels, strict=True)
        return [{"a": {"type": "literal", "value": v}, "b": {"type": "bnode", "value": label}} for v, label in values]

    assert digest(solutions("p", "q", "p"), query) == digest(solutions("1", "2", "1"), query)
    assert digest(solutions("p", "q", "p"), query) != digest(solutions("1", "2", "3"), query)


def test_an_ask_is_its_boolean() -> None:
    """Yes and no have each one digest, and no rows."""
    yes, no = (canonical("ASK {}", "ASK", json.dumps({"head": {}, "boolean": b}).encode()) for b in (True, False))

    assert yes.digest == hashlib.sha256(b"ASK\ntrue\n").hexdigest()
    assert yes.digest != no.digest
    assert yes.rows == no.rows == 0


def test_a_graph_is_a_set_of_triples() -> None:
    """Order, repetition and labels of blank nodes do not count; what is said does."""
    one = canonical("", "CONSTRUCT", b'<urn:a> <urn:p> "x" .\n<urn:b> <urn:p> _:q .\n')
    other = canonical("", "CONSTRUCT", b'<urn:b> <urn:p> _:z .\n<urn:a> <urn:p> "x" .\n<urn:a> <urn:p> "x" .\n')

    assert one == other
    assert one.rows == 2
    assert one.digest != canonical("", "CONSTRUCT", b'<urn:a> <urn:p> "y" .\n<urn:b> <urn:p> _:q .\n').digest


def test_an_empty_result_has_a_digest() -> None:
    """Nothing found is a result as well, and each form has its own."""
    empty = {digest([]), canonical("", "CONSTRUCT", b"").digest}

    assert len(empty) == 2


@pytest.mark.parametrize(
    ("query", "ordered"),
    [
        ("SELECT * {} ORDER BY ?x", True),
        ("SELECT * {} order\n#c\nby ?x LIMIT 1", True),
        ("SELECT * { { SELECT * {} ORDER BY ?x } }", False),
        ("SELECT * { ?s ?p 'ORDER BY' } # ORDER BY", False),
        ("SELECT (GROUP_CONCAT(?x) AS ?y) {} GROUP BY ?x", False),
    ],
)
def test_only_the_querys_own_order_counts(query: str, *, ordered: bool) -> None:
    """ORDER BY in a sub-select, a string or a comment orders nothing."""
    assert is_ordered(query) is ordered


@pytest.mark.parametrize(
    ("query", "changing"),
    [
        ("SELECT (now() AS ?x) {}", True),
        ("SELECT (STRUUID() AS ?x) {}", True),
        ("SELECT * { ?s ?p 'NOW()' } # RAND()", False),
        ("PREFIX x: <urn:NOW()> SELECT ?now {}", False),
    ],
)
def test_a_query_that_asks_the_clock_is_known(query: str, *, changing: bool) -> None:
    """Time, chance and new names are functions, not words in strings and names."""
    assert is_changing(query) is changing
