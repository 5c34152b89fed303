"""Content negotiation gives a client the form it likes best, or says what there is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pfgraph.errors import BadParameter, NotAcceptable
from pfgraph.web.negotiation import Form, choose, coding, language, preferences

JSON = Form("json", "application/sparql-results+json", aliases=("srj",))
PLAIN_JSON = Form("json", "application/json", syntax="application/sparql-results+json")
CSV = Form("csv", "text/csv")
TURTLE = Form("ttl", "text/turtle", aliases=("turtle",))
HTML = Form("html", "text/html")
OFFERED = (JSON, CSV, TURTLE, PLAIN_JSON, HTML)
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ([], JSON),
        ([""], JSON),
        (["*/*"], JSON),
        (["*"], JSON),
        (["text/csv"], CSV),
        (["TEXT/CSV"], CSV),
        (["text/csv;charset=utf-8"], CSV),
        (["text/*"], CSV),
        (["text/*, text/csv;q=0.1"], TURTLE),
        (["text/csv;q=0.5, text/turtle;q=0.6"], TURTLE),
        (["text/csv;q=0.5", "text/turtle;q=0.6"], TURTLE),
        (["*/*, application/sparql-results+json;q=0"], CSV),
        (["application/*;q=0.2, application/json;q=0.1, */*;q=0"], JSON),
        (["application/json"], PLAIN_JSON),
        ([BROWSER], HTML),
        (["*/*, text/turtle"], TURTLE),
        (["text/html;level=1, text/csv;q=0.3"], CSV),
        (['text/turtle;profile="a,b;q=0"'], TURTLE),
        (["text/csv;q=high, text/turtle"], TURTLE),
        (["text/csv;q=1.001, text/turtle;q=0.1"], TURTLE),
        (["text/csv ; q=0.5 , text/turtle ; q=0.50001"], TURTLE),
        (["image/png, text/turtle;q=0.001"], TURTLE),
    ],
)
def test_the_best_form_is_chosen(accept: list[str], expected: Form) -> None:
    """Quality decides, then how closely the range names the form, then the order of the offer."""
    assert choose(accept, OFFERED) is expected


@pytest.mark.parametrize("accept", ["image/png", "text/csv;q=0", "*/*;q=0", "text/html;level=1"])
def test_a_refusal_lists_what_there_is(accept: str) -> None:
    """Where nothing is acceptable, the error carries every media type on offer."""
    with pytest.raises(NotAcceptable) as refused:
        choose([accept], OFFERED)

    assert refused.value.offered == tuple(form.media_type for form in OFFERED)


@pytest.mark.parametrize("wanted", ["csv", "CSV", "text/csv", " csv "])
def test_format_wins_over_accept(wanted: str) -> None:
    """`format=` names a form by its short name or its media type, whatever Accept says."""
    assert choose(["text/turtle"], OFFERED, wanted) is CSV


def test_a_plus_that_became_a_blank_is_understood() -> None:
    """`format=application/sparql-results+json` works although a form turns its plus into a blank."""
    assert choose([], OFFERED, "application/sparql-results json") is JSON


def test_an_unknown_format_names_the_known_ones() -> None:
    """A `format=` that does not exist is a parameter error that lists the short names."""
    with pytest.raises(BadParameter, match="json, csv, ttl, html"):
        choose([], OFFERED, "xlsx")


@pytest.mark.parametrize(
    ("accept", "wanted", "expected"),
    [
        ([], None, "ja"),
        (["en"], None, "en"),
        (["en-GB,en;q=0.9"], None, "en"),
        (["ja,en-US;q=0.9,en;q=0.8"], None, "ja"),
        (["en-US,en;q=0.9,ja;q=0.8"], None, "en"),
        (["ja-JP"], None, "ja"),
        (["en;q=0.5", "ja;q=0.4"], None, "en"),
        (["en;q=0.5,*"], None, "ja"),
        (["ja;q=0"], None, "en"),
        (["en;q=0"], None, "ja"),
        (["fr"], None, "ja"),
        (["*"], None, "ja"),
        (["ja"], "en", "en"),
        (["en"], "ja", "ja"),
        (["en"], "", "en"),
    ],
)
def test_the_language_is_chosen(accept: list[str], wanted: str | None, expected: str) -> None:
    """`lang=` decides, then Accept-Language, and Japanese where neither speaks."""
    assert language(accept, wanted) == expected


def test_an_unknown_language_is_refused() -> None:
    """`lang=fr` is a parameter error, not silently Japanese."""
    with pytest.raises(BadParameter, match="ja, en"):
        language([], "fr")


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ([], None),
        (["gzip, deflate, br, zstd"], "zstd"),
        (["gzip"], "gzip"),
        (["gzip;q=1.0, zstd;q=0.5"], "gzip"),
        (["*"], "zstd"),
        (["*;q=0"], None),
        (["gzip;q=0"], None),
        (["identity, gzip;q=0.5"], None),
        (["br"], None),
        (["zstd;q=0, *"], "gzip"),
    ],
)
def test_the_coding_is_chosen(accept: list[str], expected: str | None) -> None:
    """The best of zstd and gzip is used where the client names one of them at all."""
    assert coding(accept) == expected


RANGES = st.sampled_from(["*/*", "text/*", "application/*", *(form.media_type for form in OFFERED), "a/b"])
ELEMENTS = st.tuples(RANGES, st.integers(0, 1000))


@given(st.lists(ELEMENTS, min_size=1, max_size=6))
def test_several_lines_are_one_list(elements: list[tuple[str, int]]) -> None:
    """It makes no difference whether a client sends one Accept line or many."""
    lines = [f"{name};q={quality / 1000}" for name, quality in elements]

    assert _outcome(lines) == _outcome([", ".join(lines)])


@given(st.permutations(["text/csv;q=0.5", "text/*;q=0.4", "*/*;q=0.3", "text/turtle;q=0"]))
def test_the_order_of_elements_says_nothing(lines: list[str]) -> None:
    """Only quality and specificity count, not who is named first."""
    assert choose(lines, OFFERED) is CSV


@given(st.lists(ELEMENTS, min_size=1, max_size=6))
def test_nothing_refused_is_sent(elements: list[tuple[str, int]]) -> None:
    """A form that is named with q=0, and nowhere else by name, is never sent."""
    lines = [f"{name};q={quality / 1000}" for name, quality in elements]
    chosen = _outcome(lines)
    named = [quality for name, quality in elements if chosen and name == chosen.media_type]

    assert not named or max(named) > 0


@given(st.lists(st.text(max_size=60), max_size=4))
def test_any_text_is_a_list_of_preferences(lines: list[str]) -> None:
    """Whatever a client sends as Accept, there is a form or a refusal, and each quality is in [0, 1]."""
    _outcome(lines)
    language(lines)
    coding(lines)

    assert all(0 <= p.quality <= 1 for p in preferences(lines))


def test_a_field_full_of_open_quotes_costs_nothing() -> None:
    """A hostile field is read in milliseconds, since no more than an honest length of it is read."""
    assert preferences(['"\\' * 100_000]) == ()


def _outcome(lines: list[str]) -> Form | None:
    try:
        return choose(lines, OFFERED)
    except NotAcceptable:
        return None
