"""What is wrong with a query file or with an argument is said with its place, and with what would be right."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from pfgraph.errors import BadParameter, QueryHeaderError, SourceError, SourcesRefused
from pfgraph.sources.queries import CannedQuery
from query_texts import FILE, TEXT, reading

SELECT = TEXT[TEXT.index("SELECT") :]


def refusals(folder: Path, text: str, name: str = "planned-things") -> list[SourceError]:
    """Return the errors for which a text is refused."""
    try:
        reading(folder, text, name)
    except SourcesRefused as refused:
        return list(refused.errors)
    except SourceError as error:
        return [error]
    raise AssertionError("the text was read")


@pytest.fixture(scope="module")
def query(tmp_path_factory: pytest.TempPathFactory) -> CannedQuery:
    """Return the query of the example text."""
    return reading(tmp_path_factory.mktemp("queries"))


# ---- bad arguments


@pytest.mark.parametrize(
    ("name", "value", "example"),
    [
        ("year", "ten", "2023"),
        ("year", "", "2023"),
        ("year", "２０２２", "2022"),
        ("year", "9" * 5000, "2023"),
        ("stage", "plannned", "planned"),
        ("stage", "Existing", "existing"),
        ("code", "41009", "041009"),
        ("code", "３１２０１１", "312011"),
        ("code", "312011 }", "312011"),
        ("day", "2023-02-30", "2023-05-09"),
        ("day", "20230509", "2023-05-09"),
        ("sure", "yes", "true"),
        ("lang", "fr", "ja"),
        ("lang", "EN", "en"),
        ("place", "here", "tag:example,2023:here"),
        ("place", "https://example.org/> <x", "tag:example,2023:here"),
        ("word", "\ud800", "見守り"),
    ],
)
def test_a_bad_value_is_refused_with_a_good_one(query: CannedQuery, name: str, value: str, example: str) -> None:
    """The refusal says in both languages what was expected, and shows what was probably meant."""
    with pytest.raises(BadParameter) as caught:
        query.bind({name: value})

    assert (caught.value.name, caught.value.example) == (name, example)
    assert f"例: {name}={example}" in caught.value.ja
    assert f"Example: {name}={example}" in caught.value.en


def test_a_long_value_is_not_repeated_in_full(query: CannedQuery) -> None:
    """A message stays short, however long the value."""
    with pytest.raises(BadParameter) as caught:
        query.bind({"year": "x" * 100_000})

    assert len(caught.value.en) < 500


def test_an_unknown_parameter_is_refused_with_near_names(query: CannedQuery) -> None:
    """A misspelt name brings up those like it, and all there are."""
    with pytest.raises(BadParameter) as caught:
        query.bind({"staeg": "planned"})

    assert "Did you mean stage?" in caught.value.en
    assert "stage のことですか。" in caught.value.ja
    assert "word, place, year" in caught.value.en


def test_a_required_parameter_cannot_be_left_out(tmp_path: Path) -> None:
    """A query that makes no sense without a value says so, though its file runs with the default."""
    query = reading(
        tmp_path,
        TEXT.replace("type: iri", "type: iri\n#+     required: true").replace(
            "arguments: { ", "arguments: { place: 'urn:x:y', "
        ),
    )

    with pytest.raises(BadParameter, match="cannot be left out"):
        query.bind({})


# ---- bad files


def line_of(text: str, part: str) -> int:
    """Return the line on which a part of a text stands."""
    return text[: text.index(part)].count("\n") + 1


class Fault(NamedTuple):
    """What to write in place of what, and what is then said of which line (the one that holds `where`)."""

    old: str
    new: str
    said: str
    where: str | None = None


REFUSED = {
    "no-header": Fault("#+", "#", "no header", "# summary: Planned"),
    "yaml": Fault("tags: [things]", "tags: [things", "not YAML", "#+ params"),
    "yaml-tab": Fault("#+   word: {", "#+\t word: {", "not YAML", "\t word"),
    "duplicate-key": Fault("#+ tags: [things]", "#+ summary: Again", "twice", "#+ summary: Again"),
    "unknown-key": Fault("#+ tags:", "#+ tag:", "no such key", "#+ tag:"),
    "missing-summary_ja": Fault("#+ summary_ja: 予定の事柄\n", "", "key is missing", "#+ summary"),
    "missing-title": Fault("title: Place\n#+     ", "", "key is missing", "name: place"),
    "empty-text": Fault("summary: Planned things", "summary:", "another form", "#+ summary:"),
    "params-no-list": Fault("#+ params:\n#+   - name: word", "#+ params:\n#+     name: word", "YAML", "- name: place"),
    "unknown-type": Fault("type: iri", "type: url", "no such type", "type: url"),
    "bad-name": Fault("name: word", "name: Wörd", "variable's name", "name: Wörd"),
    "bad-pattern": Fault("type: string", 'type: string\n#+     pattern: "["', "regular expression", "pattern:"),
    "bad-flag": Fault("type: iri", "type: iri\n#+     required: maybe", "boolean", "required: maybe"),
    "bad-values": Fault("values: [existing, planned]", "values: [Existing, planned]", "value is not", "name: stage"),
    "bad-example": Fault("example: 2023 }", "example: now }", "example is no value", "name: year"),
    "no-example-value": Fault("#+     example: 見守り\n", "", "needs an example", "name: word"),
    "no-slot": Fault("VALUES ?day { UNDEF }\n", "BIND(1 AS ?day)\n", "no slot", "name: day"),
    "slot-without-parameter": Fault(
        'VALUES ?lang { "ja" }',
        'VALUES ?lang { "ja" } VALUES ?wrod { 1 }',
        "no parameter",
        "?wrod",
    ),
    "two-rows": Fault("VALUES ?year { UNDEF }", "VALUES ?year { 2022 2023 }", "exactly one row", "2022 2023"),
    "no-row": Fault("VALUES ?year { UNDEF }", "VALUES ?year { }", "exactly one row", "VALUES ?year { }"),
    "default-of-wrong-type": Fault(
        "VALUES ?year { UNDEF }",
        'VALUES ?year { "2023" }',
        "default is not",
        "name: year",
    ),
    "default-not-among-values": Fault(
        "VALUES ?stage { UNDEF }",
        'VALUES ?stage { "done" }',
        "default is not",
        "name: stage",
    ),
    "tagged-default": Fault('VALUES ?lang { "ja" }', 'VALUES ?lang { "ja"@ja }', "default is not", "name: lang"),
    "different-defaults": Fault(
        "VALUES ?day { UNDEF }",
        'VALUES ?day { UNDEF } VALUES ?lang { "en" }',
        "different defaults",
    ),
    "select-star": Fault(
        "SELECT ?word ?place ?year ?stage ?code ?day ?sure ?lang ?decoy",
        "SELECT *",
        "names its variables",
        "SELECT *",
    ),
    "no-order": Fault(
        "ORDER BY ?word ?place ?year ?stage ?code ?day ?sure ?lang ?decoy\n",
        "",
        "not total",
        "SELECT ?word",
    ),
    "partial-order": Fault(" ?decoy\nLIMIT", "\nLIMIT", "not total", "SELECT ?word"),
    "order-by-expression": Fault("?lang ?decoy\nLIMIT", "?lang STR(?decoy)\nLIMIT", "not total", "SELECT ?word"),
    "no-limit": Fault("LIMIT 10\n", "", "no LIMIT", "SELECT ?word"),
    "columns": Fault("#+   decoy: { ja: おとり, en: Decoy }\n", "", "not those of the result", "  word: {"),
    "service": Fault("FILTER(<", "SERVICE <tag:example,2023:x> { } FILTER(<", "fetch", "SERVICE"),
    "not-sparql": Fault("FILTER(<", "FILTRE(<", "no SPARQL", "FILTRE"),
    "full-width": Fault("VALUES ?day { UNDEF }", "VALUES ？day ｛ UNDEF ｝", "no SPARQL", "？day"),
    "update": Fault(SELECT, "DROP ALL\n", "no query"),
    "bad-argument": Fault("year: 2022,", "year: soon,", "argument year", "title: Of one"),
    "unknown-argument": Fault("year: 2022,", "yaer: 2022,", "argument yaer", "title: Of one"),
    "no-examples": Fault(TEXT[TEXT.index("#+ examples") : TEXT.index("\nPREFIX")], "", "no example"),
    "trailing-blanks": Fault("LIMIT 10", "LIMIT 10 ", "ends in blanks", "LIMIT 10 "),
    "carriage-return": Fault("LIMIT 10", "LIMIT 10\r", "ends in blanks", "LIMIT 10\r"),
    "no-line-feed": Fault("LIMIT 10\n", "LIMIT 10", "no line feed", "LIMIT 10"),
    "half-width-kana": Fault("ことば", "ｺﾄﾊﾞ", "half-width", "ｺﾄﾊﾞ"),
}


@pytest.mark.parametrize("fault", REFUSED.values(), ids=REFUSED)
def test_a_bad_file_is_refused_with_its_line(tmp_path: Path, fault: Fault) -> None:
    """Each fault is found in its file and line, in Japanese and English."""
    text = TEXT.replace(fault.old, fault.new)
    error = next(error for error in refusals(tmp_path, text) if fault.said in error.en)

    assert isinstance(error, QueryHeaderError)
    assert error.ja.startswith(FILE)
    assert fault.where is None or error.line == line_of(text, fault.where)


def test_all_errors_are_told_at_once(tmp_path: Path) -> None:
    """An officer mends a file in one go."""
    text = TEXT.replace("type: iri", "type: url").replace("LIMIT 10\n", "").replace("#+ tags:", "#+ tag:")

    assert len(refusals(tmp_path, text)) == 3


@pytest.mark.parametrize("name", ["plannedThings", "planned_things", "list-things", "2-things", "things-", "予定"])
def test_a_file_is_named_with_a_noun_phrase(tmp_path: Path, name: str) -> None:
    """The name is a URL and a test's name: lower case, hyphens, no verb."""
    (error,) = refusals(tmp_path, TEXT, name)

    assert "noun phrase" in error.en
