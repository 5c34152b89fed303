"""What an officer's slips in the shipped sources are told as, and that the current release outlives them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from pfgraph.errors import PfgraphError
from pfgraph.namespaces import shipped_sources
from pfgraph.releases import pipeline
from pfgraph.releases.shelf import Shelf
from pfgraph.sources.tree import FOLDERS

GOVERNMENTS = "data/tables/governments.csv"
INITIATIVES = "data/tables/initiatives.csv"
# A slip: the file, what stands there, what is written instead; the words of the message in both languages.
SLIPS = {
    "an unknown concept": (INITIATIVES, "watching-over", "watching-ovr", "theme:watching-over のことですか", "Themes"),
    "an unknown stage": (INITIATIVES, ",existing,", ",exist,", "stage:existing のことですか", "Did you mean"),
    "a missing label": (
        *("data/platforms.ttl", '"Sendai City Tsunagaru Support Liaison Meeting"@en , ', ""),
        *("英語（en）を1つずつ", "one in English"),
    ),
    "a missing name": (GOVERNMENTS, "Sendai City", "", "必須の欄が空です", "Name (English)"),
    "a lost zero": (GOVERNMENTS, "\n041009,", "\n41009,", "先頭の 0 が失われています", "Did you mean “041009”?"),
    "a wrong check digit": (GOVERNMENTS, "\n312011,", "\n312012,", "検査数字", "The check digit"),
    "a cell too many": ("data/tables/websites.csv", "\n041009,", "\n041009,x,", "欄の数", "Expected: 2"),
    "a key twice": ("data/tables/websites.csv", "\n041009,", "\n040002,", "同じキー", "the same key"),
    "an unknown key": (
        "queries/participants.rq",
        "#+ description:",
        "#+ descripton:",
        "このキーはありません",
        "A key is missing",
    ),
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home whose current release is of the shipped sources."""
    home = tmp_path_factory.mktemp("home")
    pipeline.make(shipped_sources(), Shelf(home))
    return home


def make_slip(root: Path, file: str, old: str, new: str) -> int:
    """Copy the shipped sources with a slip, and return the line it is on."""
    for folder in FOLDERS:
        shutil.copytree(shipped_sources() / folder, root / folder)
    before = (root / file).read_text(encoding="utf-8")
    (root / file).write_text(before.replace(old, new, 1), encoding="utf-8")
    start = before.index(old) + len(old) - len(old.lstrip("\n"))
    return before.count("\n", 0, start) + 1


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_told_first_by_file_and_line(tmp_path: Path, home: Path, slip: str) -> None:
    """The first line that is told names file and line of the slip, and both languages say what is wrong."""
    file, old, new, ja, en = SLIPS[slip]
    line = make_slip(tmp_path, file, old, new)
    current = Shelf(home).current()
    with pytest.raises(PfgraphError) as caught:
        pipeline.make(tmp_path, Shelf(home))
    told = str(caught.value)
    first = re.search(r"^(\S+?):(\d+)", told, re.MULTILINE)

    assert first is not None
    assert (first[1], int(first[2])) == (file, line)
    assert ja in told
    assert en in told
    assert Shelf(home).current() == current
