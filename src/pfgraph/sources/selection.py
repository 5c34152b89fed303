"""What a query says around its pattern: its form, and whether its rows have one order and an end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pfgraph.errors import QueryHeaderError
from pfgraph.messages import Text
from pfgraph.sources.lexer import Token, line_at, significant

_CLAUSES = ("GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "VALUES")
_FORMS = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")


@dataclass(frozen=True)
class Selection:
    """The form of a query and its place, the variables it groups and orders by, what it must not say.

    `grouped` is None without GROUP BY, or where a group is no variable.
    """

    form: str
    start: int
    grouped: frozenset[str] | None
    ordered: frozenset[str]
    limited: bool
    star: Token | None
    fetch: Token | None

    def loose(self, variables: Sequence[str]) -> list[str]:
        """Return the variables that leave the order of rows open: none if the order is total."""
        if self.grouped is not None and self.grouped <= self.ordered:
            return []
        return [name for name in variables if name not in self.ordered]


def inspect(text: str) -> Selection:
    """Return what a query text says around its pattern."""
    words = list(significant(text))
    form = next((word for word in words if word.is_word(*_FORMS)), Token("word", "", 0))
    clauses = {clause[0].text.upper(): clause[1:] for clause in _clauses(words)}
    grouped = _grouped(clauses["GROUP"]) if "GROUP" in clauses else None
    return Selection(
        form=form.text.upper(),
        start=form.start,
        grouped=grouped,
        ordered=frozenset(_ordered(clauses.get("ORDER", ()))),
        limited="LIMIT" in clauses,
        star=next(_stars(words), None),
        fetch=next((word for word in words if word.is_word("SERVICE", "LOAD")), None),
    )


def faults(said: Selection, variables: Sequence[str], text: str, file: str) -> Iterator[QueryHeaderError]:
    """Return where a SELECT does not name its variables, order its rows totally, or limit them."""
    if said.form != "SELECT":
        return
    line, names = line_at(text, said.start), " ".join(f"?{name}" for name in variables)
    if said.star:
        ja, en = "SELECT は変数を列挙します。", "A SELECT names its variables."
        expected = f"SELECT {names}"
        yield QueryHeaderError(ja, en, file=file, line=line, found="SELECT *", expected=expected)
    if loose := said.loose(variables):
        ja, en = "行の順序が一通りに決まりません。", "The order of the rows is not total."
        found = " ".join(f"?{name}" for name in sorted(said.ordered))
        expected = f"ORDER BY … {' '.join(f'?{name}' for name in loose)}"
        try_ = Text(
            "ORDER BY に、すべての列（GROUP BY があればその変数すべて）を書いてください。",
            "Let ORDER BY name every column, or every variable of GROUP BY.",
        )
        found = f"ORDER BY {found}" if found else "∅"
        yield QueryHeaderError(ja, en, file=file, line=line, found=found, expected=expected, try_=try_)
    if not said.limited:
        ja, en = "LIMIT がありません。", "There is no LIMIT."
        yield QueryHeaderError(ja, en, file=file, line=line, expected="LIMIT 1000")


def _clauses(words: Sequence[Token]) -> Iterator[list[Token]]:
    """Return the solution modifiers after the outermost pattern, each from its keyword on."""
    braces = parentheses = 0
    clause: list[Token] = []
    after_pattern = False
    for word in words:
        braces += (word.text == "{") - (word.text == "}")
        parentheses += (word.text == "(") - (word.text == ")")
        if braces == 0 and parentheses == 0 and after_pattern and word.is_word(*_CLAUSES):
            if clause:
                yield clause
            clause = [word]
        elif clause:
            clause.append(word)
        after_pattern = after_pattern or (word.text == "}" and braces == 0)
    if clause:
        yield clause


def _parts(clause: Sequence[Token]) -> Iterator[list[Token]]:
    """Return the conditions of a clause: variables, and what is in parentheses with the word before it."""
    part: list[Token] = []
    depth = 0
    for word in clause:
        depth += (word.text == "(") - (word.text == ")")
        part.append(word)
        if depth == 0 and (word.kind == "variable" or word.text == ")"):
            yield part
            part = []


def _ordered(clause: Sequence[Token]) -> Iterator[str]:
    for part in _parts(clause[1:]):
        if len(part) == 1 or (len(part) == 4 and part[0].is_word("ASC", "DESC")):
            yield part[-1 if len(part) == 1 else 2].text[1:]


def _grouped(clause: Sequence[Token]) -> frozenset[str] | None:
    names = []
    for part in _parts(clause[1:]):
        named = part[-1] if len(part) == 1 else part[-2]
        if len(part) > 1 and not part[-3].is_word("AS"):
            return None
        names.append(named.text[1:])
    return frozenset(names)


def _stars(words: Sequence[Token]) -> Iterator[Token]:
    for word, second, third in zip(words, words[1:], words[2:], strict=False):
        if word.is_word("SELECT"):
            star = third if second.is_word("DISTINCT", "REDUCED") else second
            if star.text == "*":
                yield star
