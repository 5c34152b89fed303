"""The parameters of a query file: what its header declares, with the defaults that stand in its slots."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, QuerySolutions, Store

from pfgraph.errors import QueryHeaderError
from pfgraph.messages import Text
from pfgraph.sources.header import Declaration
from pfgraph.sources.lexer import line_at
from pfgraph.sources.parameters import KINDS, Parameter, Term, shown
from pfgraph.sources.slots import UNDEF, Slot


@dataclass(frozen=True)
class Body:
    """The text of a query file that parses, where its form starts, and its slots."""

    file: str
    text: str
    start: int
    slots: Sequence[Slot]

    def written(self, slot: Slot) -> str:
        """Return a slot as it is written."""
        return f"{self.text[slot.opening : slot.end]} }}"

    def default(self, slot: Slot) -> Term | None:
        """Return the term in a slot's row, None for UNDEF."""
        row = self.text[slot.start : slot.end]
        if row.upper() == UNDEF:
            return None
        # Everything before the form is the prologue, by which prefixed names are read.
        answer = Store().query(f"{self.text[: self.start]}\nSELECT ?row {{ VALUES ?row {{ {row} }} }}")
        terms = [solution["row"] for solution in answer] if isinstance(answer, QuerySolutions) else []
        return next((term for term in terms if isinstance(term, (NamedNode, Literal))), None)

    def line(self, slot: Slot) -> int:
        """Return the line on which a slot starts."""
        return line_at(self.text, slot.opening)


def parameters(declarations: Sequence[Declaration], body: Body, errors: list[QueryHeaderError]) -> Iterator[Parameter]:
    """Return the parameters of a query; what is wrong with them goes to `errors`."""
    declared = [declaration.name for declaration in declarations]
    for declaration in declarations:
        parameter = _parameter(declaration, body)
        errors += _faults(declaration, parameter, declared, body)
        yield parameter
    for slot in body.slots:
        if slot.name not in declared and slot.rows == 1:
            errors.append(_undeclared(slot, declared, body))


def _parameter(declaration: Declaration, body: Body) -> Parameter:
    rows = [slot for slot in body.slots if slot.name == declaration.name and slot.rows == 1]
    default = body.default(rows[0]) if rows else None
    return Parameter(
        name=declaration.name,
        kind=declaration.kind,
        default=default,
        required=declaration.required,
        title=declaration.title,
        description=declaration.description,
        pattern=declaration.pattern,
        values=declaration.values or (KINDS[declaration.kind].values if declaration.kind else ()),
        example=declaration.example or (default.value if default else ""),
    )


def _faults(
    declaration: Declaration, parameter: Parameter, declared: Sequence[str], body: Body
) -> Iterator[QueryHeaderError]:
    """Return what is wrong with one parameter: its name, its slots, its default, its values, its example."""

    def fault(ja: str, en: str, found: str, expected: Text | str, line: int = declaration.line) -> QueryHeaderError:
        return QueryHeaderError(ja, en, file=body.file, line=line, found=found, expected=expected)

    name, slots = declaration.name, [slot for slot in body.slots if slot.name == declaration.name]
    if declared.count(name) > 1:
        yield fault("同じ名前の引数が二つあります。", "Two parameters have one name.", name, "1 × " + name)
    if not slots:
        ja, en = "引数の場所がクエリにありません。", "The parameter has no slot in the query."
        yield fault(ja, en, name, f"VALUES ?{name} {{ {UNDEF} }}")
        return
    for slot in slots:
        if slot.rows != 1:
            ja, en = "引数の場所は一行だけです。", "A slot has exactly one row."
            yield fault(ja, en, body.written(slot), f"VALUES ?{name} {{ {UNDEF} }}", body.line(slot))
        elif body.default(slot) != parameter.default:
            ja, en = (
                "同じ引数の既定値が場所によって違います。",
                "The slots of one parameter have different defaults.",
            )
            yield fault(ja, en, body.written(slot), str(parameter.default or UNDEF), body.line(slot))
    if declaration.kind:
        yield from (fault(*wrong) for wrong in _misfits(parameter))


def _misfits(parameter: Parameter) -> Iterator[tuple[str, str, str, Text]]:
    """Return the default, values and example that are not of the parameter's own type."""
    default, kind = parameter.default, KINDS[parameter.kind]
    if default is not None and not (parameter.accepts(default.value) and parameter.term(default.value) == default):
        yield (
            "既定値が引数の型に合いません。",
            "The default is not of the type.",
            str(default),
            parameter.expected,
        )
        return
    for value in parameter.values:
        if not kind.pattern.fullmatch(value):
            yield "values の値が型に合いません。", "A value is not of the type.", shown(value), kind.expected
    if not parameter.example:
        ja, en = "既定値のない引数には example が要ります。", "A parameter without default needs an example."
        yield ja, en, UNDEF, parameter.expected
    elif not parameter.accepts(parameter.example):
        ja, en = "example が引数の値になりません。", "The example is no value of the parameter."
        yield ja, en, shown(parameter.example), parameter.expected


def _undeclared(slot: Slot, declared: Sequence[str], body: Body) -> QueryHeaderError:
    near = difflib.get_close_matches(slot.name, declared) or declared
    return QueryHeaderError(
        "params にない引数の場所があります。",
        "A slot belongs to no parameter.",
        file=body.file,
        line=body.line(slot),
        found=body.written(slot),
        expected=", ".join(near) or f"params: [ name: {slot.name} … ]",
    )
