"""Turtle files: read with the line of every statement, and their one canonical form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from pfgraph.errors import SourceError, TurtleError
from pfgraph.messages import Text
from pfgraph.namespaces import RDF
from pfgraph.sources import characters, lists
from pfgraph.sources.notation import Notation
from pfgraph.sources.origins import Origin, Reading

MAX_LINE = 110
_TOKEN = re.compile(
    r"""(?P<string>\"{3}(?:[^"\\]++|\\.|"(?!""))*+\"{3}|'{3}(?:[^'\\]++|\\.|'(?!''))*+'{3}
        |"(?:[^"\\\n]++|\\.)*+"|'(?:[^'\\\n]++|\\.)*+')
      |(?P<iri><[^<>"{}|^`\x00-\x20]*>)
      |(?P<comment>\#[^\n]*)
      |(?P<blank>\[|_:[^\s;,.()\[\]]*)""",
    re.VERBOSE | re.DOTALL,
)
_SUBJECT = re.compile(r"^(?:<([^<>\s]*)>|([A-Za-z][\w.-]*)?:([^\s;,()\[\]\"]*))\s", re.MULTILINE)
_PARSER_PLACE = re.compile(r"^Parser error at line \d+(?: \w+ columns? [\d and]+)?: ")


def read(path: Path, file: str, prefixes: Mapping[str, str]) -> Reading:
    """Return what a Turtle file says, each triple with its line, and all that is wrong with it."""
    try:
        text = characters.decode(path, file)
        triples, declared = _parse(text, file)
    except SourceError as error:
        return Reading(file, "", errors=(error,))
    subject_lines = _subject_lines(text, declared)
    errors = [*_comments(text, file), *_unnamed(text, file, triples), *_faults(file, triples, subject_lines)]
    if any(isinstance(error, _Unwritable) for error in errors):
        return Reading(file, text, errors=tuple(errors))
    named = lists.with_stable_labels(triples, file)
    written = write(named, prefixes)
    lines = written.lines if written.text == text else {}
    statements = tuple(
        (t, Origin(file, lines.get(t) or subject_lines.get(getattr(t.subject, "value", "")))) for t in named
    )
    return Reading(file, text, statements, tuple(errors), written.text)


class _Unwritable(TurtleError):
    """What the canonical form cannot hold, so that `--fix` would lose it."""


def canonical(triples: Iterable[Triple], prefixes: Mapping[str, str]) -> str:
    """Return the one canonical text of a graph without blank nodes (lists excepted)."""
    return write(list(triples), prefixes).text


def _parse(text: str, file: str) -> tuple[list[Triple], Mapping[str, str]]:
    if text.startswith(characters.BOM):
        raise TurtleError(
            "ファイルの先頭に BOM があります。",
            "The file starts with a byte order mark.",
            file=file,
            line=1,
            try_=Text("BOM なしの UTF-8 で保存してください。", "Save it as UTF-8 without BOM."),
        )
    reader = parse(text.encode(), RdfFormat.TURTLE)
    try:
        triples = [Triple(quad.subject, quad.predicate, quad.object) for quad in reader]
    except SyntaxError as error:
        raise TurtleError(
            "Turtle として読めません。",
            "This is not Turtle.",
            file=file,
            line=error.lineno,
            column=error.offset,
            found=_PARSER_PLACE.sub("", str(error.msg)),
        ) from error
    return list(dict.fromkeys(triples)), {**reader.prefixes, "@base": reader.base_iri or ""}


def _line_at(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def _subject_lines(text: str, declared: Mapping[str, str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for match in _SUBJECT.finditer(text):
        iri, prefix, local = match.groups()
        if iri is not None:
            subject = iri if ":" in iri else declared["@base"] + iri
        else:
            subject = declared.get(prefix or "", "") + local.replace("\\", "")
        found.setdefault(subject, _line_at(text, match.start()))
    return found


def _comments(text: str, file: str) -> Iterable[TurtleError]:
    for match in _TOKEN.finditer(text):
        if match.lastgroup == "comment":
            yield _Unwritable(
                "# で始まる注釈は使えません。",
                "A source file holds no # comments.",
                file=file,
                line=_line_at(text, match.start()),
                found=match.group().strip(),
                try_=Text("skos:editorialNote として書いてください。", "Write it as a skos:editorialNote instead."),
            )


def _unnamed(text: str, file: str, triples: Sequence[Triple]) -> Iterable[TurtleError]:
    if not lists.stray_blank_nodes(triples):
        return
    places = [match for match in _TOKEN.finditer(text) if match.lastgroup == "blank"]
    for match in places:
        yield _Unwritable(
            "空白ノードは使えません（リストを除く）。",
            "A source file holds no blank nodes (lists excepted).",
            file=file,
            line=_line_at(text, match.start()),
            found=match.group(),
            try_=Text("IRI で名前を付けてください。", "Name it with an IRI."),
        )


def _faults(file: str, triples: Iterable[Triple], lines: Mapping[str, int]) -> Iterable[TurtleError]:
    for triple in triples:
        fault = characters.fault(triple.object.value) if isinstance(triple.object, Literal) else None
        if fault:
            reason, expected = fault
            yield TurtleError(
                *reason,
                file=file,
                line=lines.get(getattr(triple.subject, "value", "")),
                found=repr(getattr(triple.object, "value", "")),
                expected=repr(expected),
            )


@dataclass(frozen=True)
class Written:
    """A canonical text, and the line each of its triples stands on."""

    text: str
    lines: Mapping[Triple, int]


def write(triples: Sequence[Triple], prefixes: Mapping[str, str]) -> Written:
    """Return the canonical text of a graph: sorted prefixes, subjects, predicates and objects, `a` first."""
    notation = Notation(prefixes, lists.collections(triples))
    by_subject: dict[str, dict[NamedNode, list[Triple]]] = {}
    for triple in dict.fromkeys(triples):
        if isinstance(triple.subject, NamedNode):
            by_subject.setdefault(triple.subject.value, {}).setdefault(triple.predicate, []).append(triple)
    body: list[str] = []
    lines: dict[Triple, int] = {}
    for subject, predicates in sorted(by_subject.items()):
        body.append("")
        _block(notation, NamedNode(subject), predicates, body, lines)
    head = notation.declarations()
    body = body if head else body[1:]
    shift = len(head) if head else -1
    text = "\n".join([*head, *body]) + "\n" if body else ""
    return Written(text, {triple: line + shift for triple, line in lines.items()})


def _block(
    notation: Notation,
    subject: NamedNode,
    predicates: Mapping[NamedNode, list[Triple]],
    body: list[str],
    lines: dict[Triple, int],
) -> None:
    """Append one subject's lines, and note for each of its triples the line it stands on."""
    lead = notation.iri(subject)
    ordered = sorted(predicates, key=lambda p: (p != RDF.type, p.value))
    for position, predicate in enumerate(ordered):
        name = "a" if predicate == RDF.type else notation.iri(predicate)
        objects = sorted(predicates[predicate], key=lambda t: notation.rank(t.object))
        texts = [notation.term(triple.object) for triple in objects]
        end = " ." if position == len(ordered) - 1 else " ;"
        one_line = f"{lead} {name} {' , '.join(texts)}{end}"
        if len(texts) == 1 or len(one_line) <= MAX_LINE:
            body.append(one_line)
            lines.update(dict.fromkeys(objects, len(body)))
        else:
            body.append(f"{lead} {name}")
            for triple, text in zip(objects, texts, strict=True):
                body.append(f"        {text}{end if triple is objects[-1] else ' ,'}")
                lines[triple] = len(body)
        lead = "   "
