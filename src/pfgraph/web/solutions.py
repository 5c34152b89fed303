"""Solutions and triples as tables that people read: links, names, languages, and an honest end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pyoxigraph import (
    BlankNode,
    Literal,
    NamedNode,
    QueryBoolean,
    QueryResultsFormat,
    RdfFormat,
    Triple,
    parse,
    parse_query_results,
)

from pfgraph.messages import Text
from pfgraph.namespaces import XSD, base_iri, compact
from pfgraph.query.engine import Answer
from pfgraph.web.rendering import View
from pfgraph.web.site import Term, closing

SHOWN_ROWS, SHOWN_TRIPLES = 200, 100
_NUMBERS = frozenset({"integer", "decimal", "double", "float", "nonNegativeInteger", "positiveInteger"})


@dataclass(frozen=True)
class Cell:
    """One term for a reader: its words, where it leads, and what is small print about it."""

    text: str = ""
    href: str | None = None
    note: str = ""
    lang: str = ""
    iri: str = ""
    numeric: bool = False


@dataclass(frozen=True)
class Table:
    """Columns and rows of terms; `complete` says whether they are all."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Term | None, ...], ...]
    complete: bool = True

    def iris(self) -> set[str]:
        """Return the IRIs in the table, so that they can be named."""
        return {term.value for row in self.rows for term in row if isinstance(term, NamedNode)}


async def table_of(answer: Answer, rows: int = SHOWN_ROWS) -> Table | bool:
    """Return the first rows of an answer in TSV or N-Triples as a table, and of an ASK the boolean.

    Both formats have one line for each row, so reading stops where showing stops.
    """
    is_graph = answer.form in {"CONSTRUCT", "DESCRIBE"}
    text, complete = await _first_lines(answer.body, rows if is_graph else rows + 1)
    if is_graph:
        triples = [quad.triple for quad in parse(text, RdfFormat.N_TRIPLES)]
        found = tuple((t.subject, t.predicate, t.object) for t in triples)
        return Table(("subject", "predicate", "object"), found, complete)
    parsed = parse_query_results(text, QueryResultsFormat.TSV)
    if isinstance(parsed, QueryBoolean):
        return bool(parsed)
    names = tuple(variable.value for variable in parsed.variables)
    return Table(names, tuple(tuple(solution[name] for name in names) for solution in parsed), complete)


async def _first_lines(body: bytes | AsyncIterator[bytes], count: int) -> tuple[bytes, bool]:
    """Return the first lines of a body, and whether that is all of it."""
    read = bytearray()
    if isinstance(body, bytes):
        read += body
    else:
        async with closing(body) as pieces:
            async for piece in pieces:
                read += piece
                if read.count(b"\n") > count:
                    break
    # An empty line may be a row: one in which nothing is bound.
    lines = bytes(read).removesuffix(b"\n").split(b"\n") if read else []
    return b"".join(line + b"\n" for line in lines[:count]), len(lines) <= count


def cell(term: Term | None, view: View, labels: Mapping[str, Text]) -> Cell:
    """Return a term as a reader sees it."""
    match term:
        case NamedNode(value=iri):
            short = _short(iri)
            name = view.text(labels[iri]) if iri in labels else ""
            return Cell(name or short, view.link(iri), note=short if name else "", iri=iri)
        case Literal():
            return _literal(term)
        case BlankNode():
            return Cell(f"_:{term.value}")
        case Triple():
            return Cell(str(term))
    return Cell()


def _short(iri: str) -> str:
    """Return an IRI as a prefixed name, or by its path where it is ours."""
    short = compact(iri)
    return iri.removeprefix(base_iri()) if short == iri else short


def _literal(literal: Literal) -> Cell:
    datatype = literal.datatype
    numeric = datatype.value.removeprefix(str(XSD)) in _NUMBERS
    plain = bool(literal.language) or datatype == XSD.string or numeric
    return Cell(
        literal.value,
        note="" if plain else compact(datatype.value),
        lang=literal.language or "",
        numeric=numeric,
    )


def cells(table: Table, view: View, labels: Mapping[str, Text]) -> list[list[Cell]]:
    """Return the rows of a table as a reader sees them."""
    return [[cell(term, view, labels) for term in row] for row in table.rows]


def with_names(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> tuple[list[str], list[list[Cell]]]:
    """Return a table in which a name stands in place of what it names, and leads there.

    The name of `government` is in the column `governmentName`, of `themes` in `themeNames`, and of the first
    column in `name`.
    """
    named: dict[int, int] = {}
    for place, column in enumerate(columns):
        partners = (f"{column}Name", f"{column.removesuffix('s')}Names", "name" if place == 0 else "")
        for partner in partners:
            if partner in columns and partner != column:
                named[place] = columns.index(partner)
    kept = [place for place in range(len(columns)) if place not in named.values()]
    shown = [[_named(row, place, named.get(place)) for place in kept] for row in rows]
    return [columns[place] for place in kept], shown


def _named(row: Sequence[Cell], place: int, name: int | None) -> Cell:
    if name is None:
        return row[place]
    return replace(row[name], href=row[place].href, iri=row[place].iri, text=row[name].text or row[place].text)
