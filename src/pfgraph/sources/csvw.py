"""CSVW metadata of one table, as values: its columns, its key, and the tables it refers to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pfgraph.errors import SourceError, TableError
from pfgraph.messages import Text
from pfgraph.sources import columns
from pfgraph.sources.columns import COLUMN, INHERITED, Column, Context
from pfgraph.sources.corrections import near, question
from pfgraph.sources.descriptions import Description, Document

SUFFIX = "-metadata.json"
_TABLE = ("@context", "@id", "@type", "url", "tableSchema", *INHERITED)
_SCHEMA = ("@context", "@id", "@type", "columns", "primaryKey", "foreignKeys", *INHERITED)
_FOREIGN_KEY = ("columnReference", "reference")
_REFERENCE = ("resource", "columnReference")
_CONTEXT = "www.w3.org/ns/csvw"


@dataclass(frozen=True)
class ForeignKey:
    """Columns whose values must be found in columns of another table in the same folder."""

    columns: tuple[str, ...]
    resource: str
    references: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """What the metadata say of a table."""

    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()

    @property
    def written(self) -> tuple[Column, ...]:
        """The columns that stand in the file: all but the virtual ones."""
        return tuple(column for column in self.columns if not column.virtual)

    def column(self, name: str) -> Column | None:
        """Return the column of this name, or None."""
        return next((column for column in self.columns if column.name == name), None)


def read(path: Path, file: str, prefixes: Mapping[str, str]) -> tuple[Table, list[SourceError]]:
    """Return what the metadata beside a table say of it, and what is wrong with them.

    `path` and `file` are the table's. With errors, the table is not to be used.
    """
    metadata = path.with_name(path.name + SUFFIX)
    if not metadata.is_file():
        return Table(()), [_no_metadata(file, metadata.name)]
    errors: list[SourceError] = []
    document = Document(metadata, file + SUFFIX, errors)
    schema = _schema(document, path) if document.is_read else None
    if schema is None:
        return Table(()), errors
    described = tuple(_columns(schema, prefixes))
    primary_key = _named(schema, "primaryKey", described)
    # What tells a row from the others must be there.
    described = tuple(replace(c, required=c.required or c.name in primary_key) for c in described)
    return Table(described, primary_key, tuple(_foreign_keys(schema, described, path))), errors


def _no_metadata(file: str, expected: str) -> TableError:
    return TableError(
        "表の説明（CSVW メタデータ）のファイルがありません。",
        "The file that describes the table (its CSVW metadata) is missing.",
        file=file,
        expected=expected,
        try_=Text(
            "同じ列を持つ表のものを写し、url をこの表のファイル名に変えてください。",
            "Copy that of a table with the same columns, and change its url to this table's file name.",
        ),
    )


def _schema(document: Document, path: Path) -> Description | None:
    """Return the table's schema, from a file of its own if the metadata name one; None if it is not there."""
    table = Description(document, _TABLE, document.value)
    context = table.get("@context")
    first, *more = context if isinstance(context, list) and context else [context]
    if not (str(first).endswith(_CONTEXT) and all(isinstance(c, dict) and [*c] == ["@language"] for c in more)):
        ja, en = "CSVW の @context ではありません。", "This is no @context of CSVW."
        table.wrong("@context", ja, en, expected=f'["{_CONTEXT}", {{"@language": "ja"}}]')
    if table.word("url") != path.name:
        ja, en = "url が表のファイル名と違います。", "The url is not the name of the table's file."
        table.wrong("url", ja, en, found=table.word("url"), expected=path.name)
    if not isinstance(table.get("tableSchema"), str):
        return table.child("tableSchema", _SCHEMA, inherits=True)
    shared = _beside(table, "tableSchema", path)
    if shared is None:
        return None
    file = document.file.removesuffix(path.name + SUFFIX) + shared.name
    other = Document(shared, file, document.errors)
    return Description(other, _SCHEMA, other.value, parent=table) if other.is_read else None


def _beside(description: Description, name: str, path: Path) -> Path | None:
    """Return the file that a property names in the table's folder, or None if it is not there."""
    word = description.word(name) or ""
    names = sorted(other.name for other in path.parent.iterdir())
    if word in names:
        return path.with_name(word)
    ja, en = "このファイルが同じフォルダーにありません。", "There is no such file in the same folder."
    description.wrong(name, ja, en, found=word, try_=question(near(word, names)[:1]))
    return None


def _columns(schema: Description, prefixes: Mapping[str, str]) -> Iterator[Column]:
    described = list(schema.children("columns", COLUMN, inherits=True))
    if not described:
        schema.wrong("columns", "列の説明がありません。", "No column is described.")
    context = Context(prefixes, [column.word("name") or "" for column in described])
    titles: set[str] = set()
    virtual = False
    for description in described:
        column = columns.read(description, context)
        if not column.virtual and column.titles.ja in titles:
            ja, en = "同じ見出しの列が二つあります。", "Two columns have the same title."
            description.wrong("titles", ja, en, found=column.titles)
        if virtual and not column.virtual:
            # Tabular metadata §5.6
            ja, en = "virtual の列は最後に置きます。", "Virtual columns come after all others."
            description.wrong(None, ja, en, found=column.name)
        titles.add(column.titles.ja)
        virtual = column.virtual
        yield column


def _named(description: Description, name: str, known: Sequence[Column]) -> tuple[str, ...]:
    """Return the names of columns that a property refers to."""
    words = description.words(name)
    written = [column.name for column in known if not column.virtual]
    for word in words:
        if word not in written:
            ja, en = "この名前の列がありません。", "No column has this name."
            asked = question(near(word, written))
            description.wrong(name, ja, en, found=word, expected=", ".join(written), try_=asked)
    return words


def _foreign_keys(schema: Description, known: Sequence[Column], path: Path) -> Iterator[ForeignKey]:
    for description in schema.children("foreignKeys", _FOREIGN_KEY):
        reference = description.child("reference", _REFERENCE)
        own, others = _named(description, "columnReference", known), reference.words("columnReference")
        resource = _beside(reference, "resource", path)
        if len(own) != len(others):
            ja, en = "参照元と参照先の列の数が違います。", "There are not as many columns on both sides."
            description.wrong("columnReference", ja, en, found=", ".join(own), expected=", ".join(others))
        elif resource is not None:
            yield ForeignKey(own, resource.name, others)
