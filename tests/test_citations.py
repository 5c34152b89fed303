"""Citations: the same question has the same IRI for ever, everywhere, and they do not fill the disk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pfgraph.errors import CitationsFull, NotFound, ReleaseError
from pfgraph.publish import references
from pfgraph.publish.citations import Citation, Citations, Question
from pfgraph.publish.results import Canonical
from pfgraph.releases.release import Release
from test_history import named

RESULT = Canonical("0" * 64, 3)


@pytest.fixture
def release(tmp_path: Path) -> Release:
    """Return a release to ask."""
    return named(tmp_path, "a")


def asked(release: Release, query: str = "SELECT * {}", default: tuple[str, ...] = ()) -> Question:
    """Return a question on a release."""
    return Question.of(query, "SELECT", release, (default, ()))


def made(home: Path, release: Release, query: str = "SELECT * {}") -> Citation:
    """Return a citation that is kept."""
    return Citations(home, 10).add(asked(release, query), RESULT, release)


def test_a_citation_is_found_again(tmp_path: Path, release: Release) -> None:
    """What was kept is read as it was."""
    citation = made(tmp_path, release)

    assert Citations(tmp_path, 10).get(citation.key) == citation
    assert list(Citations(tmp_path, 10)) == [citation]


def test_the_same_question_is_the_same_citation(tmp_path: Path, release: Release) -> None:
    """Cited twice, a question has the first citation, with its digest and its date."""
    first = made(tmp_path, release)

    assert Citations(tmp_path, 10).add(asked(release), Canonical("1" * 64, 9), release) == first


def test_line_ends_do_not_make_another_question(release: Release) -> None:
    """A browser sends CR LF where a program sends LF."""
    assert asked(release, "SELECT *\r\n{}\r\n").key == asked(release, "SELECT *\n{}").key


def test_the_key_is_of_query_release_and_dataset(tmp_path: Path, release: Release) -> None:
    """Another query, release or dataset is another question; the order of its graphs is not."""
    other = named(tmp_path, "b")
    questions = [asked(release), asked(other), asked(release, "ASK {}"), asked(release, default=("urn:a", "urn:b"))]

    assert len({question.key for question in questions}) == 4
    assert asked(release, default=("urn:b", "urn:a")) == questions[3]


def test_the_release_is_kept(tmp_path: Path, release: Release) -> None:
    """A release that is cited is not pruned."""
    made(tmp_path, release)

    assert (tmp_path / "cited" / release.id).exists()


def test_there_are_so_many_at_most(tmp_path: Path, release: Release) -> None:
    """One more than the limit is refused, and one that is there is still returned."""
    citations = Citations(tmp_path, 1)
    first = citations.add(asked(release), RESULT, release)
    with pytest.raises(CitationsFull):
        citations.add(asked(release, "ASK {}"), RESULT, release)

    assert citations.add(asked(release), RESULT, release) == first


@pytest.mark.parametrize("key", ["", "..", "../current", "a" * 12, "A" * 12, "a/b"])
def test_what_is_no_key_is_not_found(tmp_path: Path, key: str) -> None:
    """No key leads to another file."""
    with pytest.raises(NotFound):
        Citations(tmp_path, 1).get(key)


def test_a_damaged_record_is_said_to_be_one(tmp_path: Path, release: Release) -> None:
    """A file that is no record is an error that names it."""
    citation = made(tmp_path, release)
    (tmp_path / "citations" / f"{citation.key}.json").write_text("{}")

    with pytest.raises(ReleaseError, match=citation.key):
        Citations(tmp_path, 1).get(citation.key)


def test_csl_json_is_a_list_of_one_dataset(tmp_path: Path, release: Release) -> None:
    """A reference manager gets type, title, author, date, version and the permanent IRI."""
    citation = made(tmp_path, release)
    (item,) = json.loads(references.csl_json(citation))

    assert item["type"] == "dataset"
    assert item["URL"] == citation.iri
    assert item["version"] == release.id
    assert item["issued"]["date-parts"][0][0] == int(release.manifest.created[:4])


def test_bibtex_has_balanced_braces(tmp_path: Path, release: Release) -> None:
    """An entry is one @misc, with every brace closed."""
    text = references.bibtex(made(tmp_path, release))

    assert text.startswith("@misc{pfgraph-")
    assert text.count("{") == text.count("}")


def test_ris_is_lines_of_two_letters(tmp_path: Path, release: Release) -> None:
    """A record begins with TY, ends with ER, and every line has its tag."""
    lines = references.ris(made(tmp_path, release)).split("\r\n")

    assert (lines[0], lines[-2], lines[-1]) == ("TY  - DATA", "ER  - ", "")
    assert all(line[2:6] == "  - " for line in lines[:-1])


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_sentence_has_all_that_repeats_the_answer(tmp_path: Path, release: Release, lang: str) -> None:
    """In either language: the IRI, the release, the digest."""
    citation = made(tmp_path, release)
    sentence = references.plain(citation).in_language(lang)

    assert all(each in sentence for each in (citation.iri, release.id, citation.digest))
