"""Where the words of a query stop being one, and what that is called."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from pfgraph.messages import Text
from pfgraph.query.grammar import END, FUNCTIONS, Stop
from pfgraph.query.mistakes import SHOWN, Mistake
from pfgraph.sources.lexer import Token

FORMS = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
UPDATES = ("INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH")
_OPENING = {")": "(", "}": "{", "]": "["}
_CLOSING = {opening: closing for closing, opening in _OPENING.items()}
_NAMES = {
    "variable": Text("?変数", "?variable"),
    "iri": Text("<IRI>", "<IRI>"),
    "name": Text("接頭辞:名前", "prefix:name"),
    "string": Text('"文字列"', '"string"'),
    "integer": Text("整数", "a whole number"),
    "function": Text("関数", "a function"),
    END: Text("クエリの終わり", "the end of the query"),
}
# What can stand there but is no advice.
_UNSAID = frozenset({"SERVICE", "LATERAL", "VERSION", "true", "false", "number", "blank", "a"})
_NOT_IN_IRIS = re.compile(r"[\x00-\x20\"{}|^`\\<]")


def named(words: Sequence[Token], stop: Stop, text: str) -> tuple[Mistake, Text | None]:
    """Return what is wrong where the grammar stops, and what could stand there instead."""
    expected = _expected(stop.expected)
    known = _unclosed(words, stop) or _second(stop) or _update(stop) or _in_an_iri(stop, text)
    if known is not None:
        return known, None if known.try_ else expected
    if stop.token is None:
        if not words:
            return Mistake(0, Text("クエリがありません。", "There is no query.")), expected
        ja, en = "クエリが途中で終わっています。", "The query ends too early."
        return Mistake(words[-1].end, Text(ja, en)), expected
    found = stop.token.text[:SHOWN]
    ja, en = f"ここに {found} は書けません。", f"{found} cannot stand here."
    return Mistake(stop.token.start, Text(ja, en), None, _hint(words, stop)), expected


def _expected(terminals: frozenset[str]) -> Text:
    """Return what could stand there, in an order and a length that people read."""
    if {"function", "NOT", "variable", "string"} <= terminals:
        return Text("式（変数・値・関数）", "an expression (a variable, a value, a function)")
    shown = terminals - _UNSAID
    if {"!=", "&&"} <= terminals:
        # After an operand any operator can follow; three stand for all of them.
        shown = (terminals & {")", ",", ";", "}", "AS"}) | {"=", "&&", "||"}
    elif {"string", "iri", "variable"} <= terminals:
        shown = shown - {"+", "-", "[", "(", "integer", "*", "/", "|", "?"}
    marks = sorted(each for each in shown if not each.isalnum())
    words = sorted(each for each in shown if each.isupper() and each not in _NAMES)
    parts = [*(_NAMES[each] for each in _NAMES if each in shown), *(Text(each, each) for each in marks + words)]
    return Text(" · ".join(part.ja for part in parts), " · ".join(part.en for part in parts))


def _unclosed(words: Sequence[Token], stop: Stop) -> Mistake | None:
    """Return the bracket that is left open, or the one that closes nothing."""
    opened: list[Token] = []
    for word in words[: stop.index]:
        if word.is_mark(*_CLOSING):
            opened.append(word)
        elif word.is_mark(*_OPENING) and opened:
            opened.pop()
    here = stop.token.text if stop.token and stop.token.is_mark(*_OPENING) else ""
    if here and stop.token and not opened:
        ja, en = f"{here} に対応する括弧がありません。", f"This {here} closes nothing."
        return Mistake(stop.token.start, Text(ja, en))
    crossed = here and opened[-1].text != _OPENING[here]
    if opened and (stop.token is None or crossed):
        opening = opened[-1].text
        ja, en = f"{opening} が閉じられていません。", f"This {opening} is not closed."
        closing = _CLOSING[opening]
        hint = Text(f"{closing} を書き足してください。", f"Add the {closing} that closes it.")
        return Mistake(opened[-1].start, Text(ja, en), None, hint)
    return None


def _second(stop: Stop) -> Mistake | None:
    """Return that a second query follows, if it does."""
    if stop.token is None or END not in stop.expected:
        return None
    if not (stop.token.is_word(*FORMS, "PREFIX", "BASE") or stop.token.is_mark(";")):
        return None
    ja, en = "クエリは一度に一つだけです。", "There may be only one query."
    hint = Text("二つ目は別に送ってください。", "Send what follows as a query of its own.")
    return Mistake(stop.token.start, Text(ja, en), stop.token.text, hint)


def _update(stop: Stop) -> Mistake | None:
    """Return that the text is an update, if it is."""
    if stop.token is None or "SELECT" not in stop.expected or not stop.token.is_word(*UPDATES):
        return None
    ja = "これは更新です。ここでは問い合わせだけができます。"
    en = "This is an update; only queries are answered here."
    forms = " / ".join(FORMS)
    hint = Text(f"{forms} で始めてください。", f"Begin with {forms}.")
    return Mistake(stop.token.start, Text(ja, en), stop.token.text, hint)


def _in_an_iri(stop: Stop, text: str) -> Mistake | None:
    """Return the character that an IRI cannot have, if one was to stand here."""
    if stop.token is None or stop.token.text[0] != "<" or "iri" not in stop.expected:
        return None
    bad = _NOT_IN_IRIS.search(text, stop.token.start + 1)
    if bad is None:
        return None
    ja, en = "IRI に使えない文字があります。", "There is a character here that no IRI has."
    hint = Text(f"%{ord(bad[0]):02X} と書きます。", f"In an IRI it is written %{ord(bad[0]):02X}.")
    return Mistake(bad.start(), Text(ja, en), repr(bad[0]), hint)


def _hint(words: Sequence[Token], stop: Stop) -> Text | None:
    """Return what may have been meant."""
    token = stop.token
    if token is None:
        return None
    before = words[stop.index - 1] if stop.index else token
    if before.text == token.text == "=" and before.end == token.start:
        return Text("等しいかどうかは = 一つです。", "Equality is a single =.")
    return _meant(token, stop) if token.kind == "word" else None


def _meant(token: Token, stop: Stop) -> Text | None:
    """Return what may have been meant by a word."""
    upper = token.text.upper()
    if upper in {"GROUP", "HAVING", "ORDER"} and END in stop.expected:
        order = "GROUP BY, HAVING, ORDER BY, LIMIT / OFFSET"
        return Text(f"順序は {order} です。", f"Their order is {order}.")
    if upper in FUNCTIONS and {"(", "variable"} <= stop.expected:
        return Text("(COUNT(?x) AS ?n) のように括弧で囲みます。", "Bracket and name it: (COUNT(?x) AS ?n).")
    offered = [each for each in stop.expected if each.isupper() and len(each) > 1 and each != END]
    offered += sorted(FUNCTIONS) if "function" in stop.expected else []
    if near := difflib.get_close_matches(upper, offered, n=1, cutoff=0.7):
        return Text(f"{near[0]} のことですか。", f"Did you mean {near[0]}?")
    if "variable" in stop.expected and not token.text.isupper():
        return Text(f"変数なら ?{token.text[:SHOWN]} です。", f"A variable would be ?{token.text[:SHOWN]}.")
    return None
