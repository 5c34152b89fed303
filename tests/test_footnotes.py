"""Every value on a page says where it is from: a printed statement, a file, or a rule."""

from __future__ import annotations

import re

import pytest

from sites import Client

ROW = re.compile(r"<dt>.*?>([^<]+)</a></dt>\s*<dd>(.*?)</dd>", re.DOTALL)
MARK = re.compile(r'<a href="#([^"]+)" title="[^"]+" aria-label="([^"]+)">([^<]+)</a>')


def page(client: Client, path: str, language: str = "ja") -> str:
    """Return a page."""
    return client.get(path, "text/html", headers={"Accept-Language": language}).text


def marks(client: Client, path: str, language: str = "ja") -> dict[str, list[tuple[str, ...]]]:
    """Return the footnotes of each fact on a page: where each leads, what it says, what is printed."""
    return {name: MARK.findall(value) for name, value in ROW.findall(page(client, path, language))}


def test_a_printed_value_leads_to_its_statement(shipped: Client) -> None:
    """What the document says of a platform carries the number of the statement, and the statement is there."""
    found = marks(shipped, "/doc/platform/401005-1")

    assert found["設立時期"] == [("evidence-1", "根拠となる記述 1", "1")]
    assert '<li id="evidence-1">' in page(shipped, "/doc/platform/401005-1")


def test_a_derived_value_says_so(shipped: Client) -> None:
    """What a rule concluded leads to no statement: it is marked as derived."""
    assert marks(shipped, "/doc/platform/401005-1")["設立年"] == [("origin-b", "規則から導かれた値", "導出")]
    assert marks(shipped, "/doc/platform/401005-1", "en")["Year of establishment"][0][2] == "derived"


def test_a_value_from_another_file_leads_to_it(shipped: Client) -> None:
    """The corporate number of a city is from another file than its code, and each says from which."""
    found = marks(shipped, "/doc/government/312011")
    (number,), (code,) = found["法人番号"], found["全国地方公共団体コード"]

    assert (number[1], code[1]) == ("法人番号", "地方公共団体")
    assert number[0] != code[0]


@pytest.mark.parametrize(
    "path",
    ["/doc/platform/401005-1", "/doc/government/312011", "/doc/area/312011", "/doc/initiative/041009-2023-02"],
)
def test_every_footnote_is_on_its_page(shipped: Client, path: str) -> None:
    """No mark leads nowhere, and no two footnotes go by the same name."""
    text = page(shipped, path)
    targets = re.findall(r' id="([^"]+)"', text)

    assert {mark[0] for mark in MARK.findall(text)} <= {*targets}
    assert len({*targets}) == len(targets)


def test_what_is_from_one_file_has_no_marks(shipped: Client) -> None:
    """Where every value is from the same file and no statement is named, marks would only repeat it."""
    assert MARK.findall(page(shipped, "/doc/erratum/fy2023-01")) == []


def test_a_note_of_ours_rests_on_nothing_printed(shipped: Client) -> None:
    """An editorial note is ours, and carries no number."""
    text = page(shipped, "/doc/platform/401005-1")
    (note,) = re.findall(r"編集上の注記</a></dt>\s*<dd>(.*?)</dd>", text, re.DOTALL)

    assert "協議会そのものが官民連携プラットフォームとされている" in note
    assert MARK.findall(note) == []


def test_a_misprint_is_told_beside_the_statement(shipped: Client) -> None:
    """Where the words of a statement are misprinted, what is printed and how it is read stand beside it."""
    text = page(shipped, "/doc/area/312011")

    assert '<q lang="ja">わかさちよう</q>、<q lang="ja">わかさちょう</q>と読みます' in text
    assert 'href="/doc/erratum/' in text
    assert "<q" not in page(shipped, "/doc/platform/401005-1")
