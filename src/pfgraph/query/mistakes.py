"""What people get wrong in a query although its words stand in the right order."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pfgraph.messages import Text
from pfgraph.sources.lexer import ESCAPE, Token

SHOWN = 60
# What a Japanese keyboard, or a word processor, writes for what SPARQL means.
_MEANT = {
    **{chr(wide): chr(wide - 0xFEE0) for wide in range(0xFF01, 0xFF5F)},
    **dict.fromkeys("\u3000\u00a0\u2002\u2003\u2009\u200b\u2028\u2029\ufeff\x0b\x0c\x85", " "),
    **dict.fromkeys("“”„‟〝〞「」『』", '"'),
    **dict.fromkeys("‘’‚‛", "'"),
    **dict.fromkeys("、､", ","),
    **dict.fromkeys("。｡", "."),
    **dict.fromkeys("−–—‐‑", "-"),
    **dict.fromkeys("〈《‹", "<"),
    **dict.fromkeys("〉》›", ">"),
    "¥": "\\",
    "・": "/",
}
_SHORT = {quote: re.compile(rf"{quote}(?:[^{quote}\\\r\n]|{ESCAPE})*+") for quote in "\"'"}
_LONG = {quote: re.compile(rf"{quote * 3}(?:{quote}{{0,2}}(?:[^{quote}\\]|{ESCAPE}))*+") for quote in "\"'"}
_SCHEME = re.compile("[A-Za-z][A-Za-z0-9+.-]*:")


@dataclass(frozen=True)
class Mistake:
    """Where something is wrong, what, and what to try."""

    offset: int
    text: Text
    found: str | None = None
    try_: Text | None = None


def strange_characters(words: Sequence[Token]) -> Iterator[Mistake]:
    """Return the characters that are typed like SPARQL's but are none of them, at most one for each token.

    Names and variables may have letters of any script, so only marks count there.
    """
    for word in words:
        if word.kind in {"string", "iri"}:
            continue
        for place, char in enumerate(word.text):
            meant = _MEANT.get(char)
            if meant and (word.kind in {"other", "word"} or not meant.isalnum()):
                yield _mistyped(word.start + place, char, meant)
                break
            if meant is None and word.kind == "other":
                ja, en = "ここに書けない文字です。", "This character cannot stand here."
                yield Mistake(word.start, Text(ja, en), f"{char!r} (U+{ord(char):04X})")
                break


def _mistyped(offset: int, char: str, meant: str) -> Mistake:
    code = f"U+{ord(char):04X}"
    shown = code if meant == " " else f"{char} ({code})"
    name = unicodedata.name(char, "")
    typed = Text("半角の空白", "an ordinary space") if meant == " " else Text(meant, meant)
    ja = f"SPARQL の記号ではない文字 {shown} があります。"
    en = f"{shown}{f', {name},' if name else ''} is not a character of SPARQL."
    hint = Text(
        f"{typed.ja} に直してください（日本語入力のまま入力していませんか）。",
        f"Type {typed.en} instead; is a Japanese input method still on?",
    )
    return Mistake(offset, Text(ja, en), char, hint)


def broken_string(words: Sequence[Token], text: str) -> Iterator[Mistake]:
    """Return the first quote that opens no string: it is never closed, or a backslash stands before nothing."""
    word = next((word for word in words if word.kind == "quote"), None)
    if word is None:
        return
    quote, long = word.text, text.startswith(word.text * 3, word.start)
    match = (_LONG if long else _SHORT)[quote].match(text, word.start)
    end = match.end() if match else word.end
    if text.startswith("\\", end):
        ja, en = "文字列の中の \\ の使い方が違います。", "A backslash in a string begins no escape here."
        hint = Text("\\ そのものは \\\\ と書きます。", "A backslash itself is written \\\\.")
        yield Mistake(end, Text(ja, en), text[end : end + 2], hint)
        return
    ja, en = "文字列が閉じられていません。", "A string is not closed."
    three = quote * 3
    hint = Text(f"{three} で囲むと改行できます。", f"{three} lets a string go on over several lines.")
    if long:
        hint = Text(f"{three} で閉じてください。", f"Close it with {three}.")
    yield Mistake(word.start, Text(ja, en), text[word.start : end][:20], hint)


def undeclared_prefixes(words: Sequence[Token], known: Mapping[str, str]) -> Iterator[Mistake]:
    """Return the prefixed names whose prefix is not declared, with what was probably meant."""
    declared: set[str] = set()
    start, end = Token("mark", "", 0), Token("mark", "", 0)
    for previous, (word, after) in zip([start, *words], pairwise([*words, end]), strict=False):
        if word.kind != "name":
            continue
        prefix, _, local = word.text.partition(":")
        if previous.is_word("PREFIX") and not local:
            declared.add(prefix)
        elif prefix in {"http", "https", "urn"} and prefix not in declared and after.text == "/":
            ja, en = "IRI が < > で囲まれていません。", "An IRI stands between < and >."
            yield Mistake(word.start, Text(ja, en), word.text)
        elif prefix not in declared:
            yield _undeclared(word, prefix[:SHOWN], sorted(declared), known)


def _undeclared(word: Token, prefix: str, declared: Sequence[str], known: Mapping[str, str]) -> Mistake:
    ja, en = f"接頭辞 {prefix}: が宣言されていません。", f"The prefix {prefix}: is not declared."
    hint: Text | None = None
    if prefix in known:
        hint = _declare(prefix, known)
    elif near := difflib.get_close_matches(prefix, [*declared, *known], n=1, cutoff=0.5):
        meant = Text(f"{near[0]}: のことですか。", f"Did you mean {near[0]}:?")
        declare = Text("", "") if near[0] in declared else _declare(near[0], known)
        hint = Text(meant.ja + declare.ja, f"{meant.en} {declare.en}".rstrip())
    return Mistake(word.start, Text(ja, en), word.text[:SHOWN], hint)


def _declare(prefix: str, known: Mapping[str, str]) -> Text:
    line = f"PREFIX {prefix}: <{known[prefix]}>"
    return Text(f"先頭に {line} と書いてください。", f"Begin the query with {line}")


def relative_iris(words: Sequence[Token]) -> Iterator[Mistake]:
    """Return the IRIs without a scheme in a query without BASE."""
    if any(word.is_word("BASE") for word in words):
        return
    for word in words:
        if word.kind == "iri" and not _SCHEME.match(word.text, 1):
            ja, en = "IRI が途中から始まっています。", "This IRI is relative, and there is no BASE."
            hint = Text(
                "https:// などから書くか、先頭に BASE <…> を書いてください。",
                "Write it from its scheme on, or begin the query with BASE <…>.",
            )
            yield Mistake(word.start, Text(ja, en), word.text[:SHOWN], hint)


def uneven_values(words: Sequence[Token]) -> Iterator[Mistake]:
    """Return the rows of VALUES that have more or fewer terms than there are variables."""
    for place, (word, after) in enumerate(pairwise(words)):
        if not (word.is_word("VALUES") and after.is_mark("(")):
            continue
        (_, expected), *rows = _rows(words[place + 1 :]) or [(0, 0)]
        for start, count in rows:
            if count != expected:
                ja = f"VALUES の変数は {expected} 個ですが、この行の値は {count} 個です。"
                en = f"VALUES has {expected} variables, this row {count} terms."
                hint = Text("値のない所には UNDEF と書きます。", "Where there is no value, write UNDEF.")
                yield Mistake(start, Text(ja, en), try_=hint)


def _rows(words: Sequence[Token]) -> list[tuple[int, int]]:
    """Return where each pair of parentheses of a data block starts, and how many terms are in it."""
    rows: list[tuple[int, int]] = []
    previous = Token("mark", "", 0)
    for word in words:
        if word.is_mark("}"):
            break
        if word.is_mark("("):
            rows.append((word.start, 0))
        # A sign, a language and a datatype belong to the term beside them.
        elif word.kind not in {"mark", "language"} and not previous.is_mark("^^"):
            start, count = rows[-1]
            rows[-1] = start, count + 1
        previous = word
    return rows


def assigned_twice(words: Sequence[Token]) -> Iterator[Mistake]:
    """Return the variables that AS assigns although they occur before."""
    seen: set[str] = set()
    for previous, word in pairwise(words):
        if word.kind == "variable":
            if previous.is_word("AS") and word.text[1:] in seen:
                ja, en = f"{word.text} にはすでに値があります。", f"{word.text} has a value already."
                hint = Text("別の変数名にしてください。", "Take another name for the variable.")
                yield Mistake(word.start, Text(ja, en), word.text[:SHOWN], hint)
            seen.add(word.text[1:])
