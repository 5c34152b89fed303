"""A query text with a parameter of each type, to read, bind and spoil."""

from __future__ import annotations

from pathlib import Path

from pfgraph.sources.queries import CannedQuery, read

FILE = "queries/planned-things.rq"
TEXT = """\
#+ summary: Planned things
#+ summary_ja: 予定の事柄
#+ description: Things that are planned.
#+ description_ja: 予定されている事柄。
#+ tags: [things]
#+ params:
#+   - name: word
#+     type: string
#+     title: Word
#+     title_ja: ことば
#+     example: 見守り
#+   - name: place
#+     type: iri
#+     title: Place
#+     title_ja: 場所
#+   - { name: year, type: integer, title: Year, title_ja: 年, example: 2023 }
#+   - { name: stage, type: concept, title: Stage, title_ja: 段階, values: [existing, planned], example: planned }
#+   - { name: code, type: code, title: Code, title_ja: 団体コード, example: "312011" }
#+   - { name: day, type: date, title: Day, title_ja: 日, example: 2023-05-09 }
#+   - { name: sure, type: boolean, title: Sure, title_ja: 確か, example: "true" }
#+   - { name: lang, type: lang, title: Language, title_ja: 言語 }
#+ columns:
#+   word: { ja: ことば, en: Word }
#+   place: { ja: 場所, en: Place }
#+   year: { ja: 年, en: Year }
#+   stage: { ja: 段階, en: Stage }
#+   code: { ja: 団体コード, en: Code }
#+   day: { ja: 日, en: Day }
#+   sure: { ja: 確か, en: Sure }
#+   lang: { ja: 言語, en: Language }
#+   decoy: { ja: おとり, en: Decoy }
#+ examples:
#+   - title: Of one year
#+     title_ja: ある年の事柄
#+     arguments: { year: 2022, code: "041009" }
#+     expected: planned-things.1.tsv

PREFIX ex: <tag:example,2023:>

# Nobody binds VALUES ?word { UNDEF } in a comment.
SELECT ?word ?place ?year ?stage ?code ?day ?sure ?lang ?decoy
WHERE {
  VALUES ?word { UNDEF }
  VALUES ?place { ex:here }
  VALUES ?year { UNDEF }
  VALUES ?stage { UNDEF }
  VALUES ?code { UNDEF }
  VALUES ?day { UNDEF }
  values $sure {
    undef # not said
  }
  VALUES ?lang { "ja" }
  BIND("VALUES ?word { UNDEF } # no slot" AS ?decoy)
  FILTER(<tag:example,2023:#VALUES?word> != ex:here)
}
ORDER BY ?word ?place ?year ?stage ?code ?day ?sure ?lang ?decoy
LIMIT 10
"""
DECOY = "VALUES ?word { UNDEF } # no slot"


def write_query(folder: Path, text: str, name: str = "planned-things") -> Path:
    """Write a query file and return its path."""
    path = folder / f"{name}.rq"
    path.write_text(text, encoding="utf-8", newline="")
    return path


def reading(folder: Path, text: str = TEXT, name: str = "planned-things") -> CannedQuery:
    """Return the query of a text."""
    return read(write_query(folder, text, name), f"queries/{name}.rq")
