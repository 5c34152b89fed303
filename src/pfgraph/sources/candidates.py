"""Files that are no sources yet: RDF of any syntax, or tables, read to be judged."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pyoxigraph import RdfFormat, Triple, parse

from pfgraph.errors import SourceError, SourcesRefused
from pfgraph.messages import Text
from pfgraph.sources import tables, turtle
from pfgraph.sources.origins import Origin, Reading


def read(path: Path, prefixes: Mapping[str, str]) -> Reading:
    """Return what a file says, or raise SourcesRefused with what is wrong with it.

    A Turtle file may be in any form here; where it is in the canonical one, each triple has its line.
    """
    file = str(path)
    if path.suffix == ".csv":
        reading = tables.read(path, file, prefixes)
        if reading.errors:
            raise SourcesRefused(reading.errors)
        return reading
    if path.suffix == ".ttl":
        reading = turtle.read(path, file, prefixes)
        if reading.statements:
            return reading
    return _read_rdf(path, file)


def _read_rdf(path: Path, file: str) -> Reading:
    rdf_format = RdfFormat.from_extension(path.suffix.removeprefix("."))
    if rdf_format is None:
        raise SourceError(
            "この種類のファイルは読みません。",
            "Files of this kind are not read.",
            file=file,
            found=path.suffix or path.name,
            expected=".ttl, .trig, .nt, .nq, .rdf, .jsonld, .csv",
        )
    try:
        quads = list(parse(path.read_bytes(), rdf_format, rename_blank_nodes=True))
    except SyntaxError as error:
        raise SourceError(
            f"{rdf_format.name} として読めません。",
            f"This is not {rdf_format.name}.",
            file=file,
            line=error.lineno,
            column=error.offset,
            found=str(error.msg),
            try_=Text("構文を確かめてください。", "Check the syntax."),
        ) from error
    triples = dict.fromkeys(Triple(quad.subject, quad.predicate, quad.object) for quad in quads)
    return Reading(file, "", tuple((triple, Origin(file)) for triple in triples))
