"""What was probably meant by a text that cannot be right."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator

from pfgraph.messages import Text

NEAR = 3
MAX_LOST_ZEROS = 3
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]")
_DASHES = re.compile("[\u2010-\u2015\u2212\u30fc](?=[0-9])")
_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "R": 2018, "H": 1988, "S": 1925}
_DATE = re.compile(
    r"""(?:(?P<era>令和|平成|昭和|[RHS])\s*\.?\s*(?P<of_era>元|[0-9]{1,2})|(?P<year>[0-9]{4}))
        \s*[年./-]?\s*(?:(?P<month>[0-9]{1,2})\s*[月./-]?\s*(?:(?P<day>[0-9]{1,2})\s*日?)?)?
        (?:\s+0?0:00(?::00)?)?""",
    re.VERBOSE,
)
_ROUNDED = re.compile(r"[0-9](?:\.[0-9]+)?E\+[0-9]+", re.IGNORECASE)


def plain(text: str) -> str:
    """Return a text with full-width letters and digits made narrow, and without invisible characters."""
    return _DASHES.sub("-", unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))).strip()


def meant(text: str, accepts: Callable[[str], object]) -> str | None:
    """Return the acceptable text that was probably meant, or None."""
    return next((other for other in _candidates(plain(text)) if other != text and accepts(other)), None)


def near(text: str, names: Iterable[str]) -> list[str]:
    """Return the names most like a text, the best first."""
    by_plain = {plain(name): name for name in names}
    return [by_plain[name] for name in difflib.get_close_matches(plain(text), by_plain, n=NEAR)]


def question(names: Iterable[str]) -> Text | None:
    """Return the question whether one of these was meant, None if there are none."""
    ja, en = "」か「".join(names), "” or “".join(names)
    return Text(f"「{ja}」のことですか。", f"Did you mean “{en}”?") if ja else None


def reason(text: str, suggestion: str | None) -> Text:
    """Return why a text is no value of its column, as far as that can be seen."""
    if _ROUNDED.fullmatch(plain(text)):
        return Text("表計算ソフトが桁を丸めています。", "A spreadsheet program has rounded its digits away.")
    if _lost_zeros(text, suggestion):
        return Text("先頭の 0 が失われています。", "Its leading zero was lost.")
    if suggestion == plain(text):
        return Text("全角などの文字が入っています。", "It holds full-width or invisible characters.")
    return Text("この列の値になりません。", "This is no value of this column.")


def advice(text: str, suggestion: str | None) -> Text | None:
    """Return what to do about a text that is no value of its column."""
    asked = question([suggestion]) if suggestion is not None else None
    if not (_lost_zeros(text, suggestion) or _ROUNDED.fullmatch(plain(text))):
        return asked
    ja = "表計算ソフトでは、列の表示形式を「文字列」にしてから入力し直してください。"
    en = "In a spreadsheet, format the column as text, then type it again."
    return Text(f"{asked.ja} {ja}", f"{asked.en} {en}") if asked else Text(ja, en)


def _lost_zeros(text: str, suggestion: str | None) -> bool:
    return suggestion is not None and suggestion != plain(text) and suggestion.lstrip("0") == plain(text)


def _candidates(text: str) -> Iterator[str]:
    number = text.replace(",", "").removesuffix(".0")
    yield from (text, text.lower(), text.upper(), number)
    yield from ("0" * zeros + number for zeros in range(1, MAX_LOST_ZEROS + 1))
    yield from _dates(text)


def _dates(text: str) -> Iterator[str]:
    """Return a date in ISO form, to the day, to the month, to the year."""
    match = _DATE.fullmatch(text)
    if match is None:
        return
    of_era = match["of_era"] and (1 if match["of_era"] == "元" else int(match["of_era"]))
    year = f"{_ERAS[match['era']] + of_era if of_era else int(match['year']):04}"
    if match["month"] and match["day"]:
        yield f"{year}-{int(match['month']):02}-{int(match['day']):02}"
    elif match["month"]:
        yield f"{year}-{int(match['month']):02}"
    else:
        yield year
