"""One column of a table, as its CSVW metadata describe it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pyoxigraph import NamedNode

from pfgraph.messages import Text
from pfgraph.sources import datatypes
from pfgraph.sources.corrections import near, question
from pfgraph.sources.datatypes import Datatype
from pfgraph.sources.descriptions import Description
from pfgraph.sources.templates import Template, expand, unknown_prefix

# The properties of Tabular metadata that are read; the rest would be ignored in silence, so they are refused.
INHERITED = (
    *("aboutUrl", "propertyUrl", "valueUrl", "datatype", "lang"),
    *("required", "default", "null", "separator"),
)
COLUMN = ("@id", "@type", "name", "titles", "virtual", "suppressOutput", *INHERITED)
_DATATYPE = ("@id", "@type", "base", "format")
_NAME = re.compile("[A-Za-z0-9][A-Za-z0-9_]*")
_LANGUAGE_TAG = re.compile("[a-z]{2,3}(?:-[a-z0-9]{2,8})*")


@dataclass(frozen=True)
class Column:
    """One column: what its cells may hold, and what they say."""

    name: str
    titles: Text
    datatype: Datatype
    description: Text | None = None
    lang: str | None = None
    required: bool = False
    default: str = ""
    null: frozenset[str] = frozenset()
    separator: str | None = None
    virtual: bool = False
    suppress_output: bool = False
    about_url: Template | None = None
    property_url: NamedNode | None = None
    value_url: Template | None = None

    @property
    def expected(self) -> Text:
        """What a value looks like: in the words of the metadata, else by the datatype."""
        return self.description or self.datatype.expected

    def split(self, cell: str) -> list[str]:
        """Return the texts in a cell: its items, or itself, without those that are empty."""
        texts = map(str.strip, cell.split(self.separator)) if self.separator else (cell,)
        return [text for text in texts if text]


@dataclass(frozen=True)
class Context:
    """What a column is described in: declared prefixes, the names of all columns, templates met so far."""

    prefixes: Mapping[str, str]
    names: Sequence[str]
    templates: dict[str, Template] = field(default_factory=dict)

    def template(self, text: str) -> Template:
        """Return a template, the same one for the same text; ValueError if it is none."""
        if text not in self.templates:
            self.templates[text] = Template(text, self.prefixes)
        return self.templates[text]


def read(description: Description, context: Context) -> Column:
    """Return a column; what is wrong with its description is noted there."""
    name = description.word("name") or ""
    if not _NAME.fullmatch(name) or context.names.count(name) > 1:
        expected = Text("英数字の、表の中で一つだけの名前", "letters and digits, once in the table")
        ja, en = "列の名前になりません。", "This is no column's name."
        description.wrong("name", ja, en, found=name, expected=expected)
    column = Column(
        name=name,
        titles=description.words_in_both("titles") or Text(name, name),
        datatype=_datatype(description, context.prefixes),
        description=description.description(),
        lang=_lang(description),
        required=description.flag("required"),
        default=description.word("default") or "",
        null=frozenset(description.words("null")),
        separator=description.word("separator") or None,
        virtual=description.flag("virtual"),
        suppress_output=description.flag("suppressOutput"),
        about_url=_template(description, "aboutUrl", context),
        property_url=_iri(description, "propertyUrl", context.prefixes),
        value_url=_template(description, "valueUrl", context),
    )
    if any(column.datatype.read(text) is None for text in column.split(column.default)):
        ja, en = "default がこの列の値になりません。", "The default is no value of this column."
        description.wrong("default", ja, en, found=column.default, expected=column.expected)
    for needed in ("aboutUrl", "propertyUrl"):
        if not (column.suppress_output or description.has(needed)):
            # CSVW would make up a blank node, or a property named after the file.
            ja, en = "この列が何を述べるか分かりません。", "Nothing tells what this column says."
            description.wrong(None, ja, en, expected=f"{needed}, suppressOutput")
    return column


def _datatype(description: Description, prefixes: Mapping[str, str]) -> Datatype:
    """Return the datatype a column names by its base, or describes in an object."""
    name, iri, format_ = "datatype", None, None
    if isinstance(description.get("datatype"), dict):
        description, name = description.child("datatype", _DATATYPE), "base"
        iri, format_ = _iri(description, "@id", prefixes), description.word("format")
    base = description.word(name) or "string"
    try:
        return datatypes.named(base, iri, format_)
    except KeyError:
        ja, en, known = "この型は読みません。", "This datatype is not read here.", datatypes.BASES
        asked = question(near(base, known))
        description.wrong(name, ja, en, found=base, expected=", ".join(known), try_=asked)
    except re.error as error:
        ja, en = "正規表現として読めません。", "This is no regular expression."
        description.wrong("format", ja, en, found=str(error))
    except ValueError:
        ja, en = f"{base} にこの format は使えません。", f"{base} does not take this format."
        description.wrong("format", ja, en, found=format_)
    return datatypes.named("string")


def _lang(description: Description) -> str | None:
    lang = description.word("lang")
    if lang and not _LANGUAGE_TAG.fullmatch(lang):
        ja, en = "言語タグは小文字で書きます。", "A language tag is written in lower case."
        description.wrong("lang", ja, en, found=lang, expected="ja, en, ja-hrkt")
        return None
    return None if lang == "und" else lang


def _iri(description: Description, name: str, prefixes: Mapping[str, str]) -> NamedNode | None:
    """Return the IRI a property is, in full or as a prefixed name, or None where it is not there."""
    word = description.word(name)
    if word is None or _has_unknown_prefix(description, name, prefixes):
        return None
    try:
        return NamedNode(expand(word, prefixes))
    except ValueError as error:
        ja, en = "接頭辞付きの名前でも IRI でもありません。", "This is neither a prefixed name nor an IRI."
        description.wrong(name, ja, en, found=word, expected=str(error))
    return None


def _template(description: Description, name: str, context: Context) -> Template | None:
    """Return the URI template a property is, or None where it is not there."""
    word = description.word(name)
    if word is None or _has_unknown_prefix(description, name, context.prefixes):
        return None
    try:
        template = context.template(word)
    except ValueError:
        ja, en = "URI テンプレートとして読めません。", "This is no URI template."
        description.wrong(name, ja, en, found=word, expected="…{code}…")
        return None
    for variable in sorted(set(template.variables).difference(context.names)):
        ja, en = "テンプレートの中の名前の列がありません。", "No column has the name used in the template."
        asked = question(near(variable, context.names))
        description.wrong(name, ja, en, found=f"{{{variable}}}", expected=", ".join(context.names), try_=asked)
    return template


def _has_unknown_prefix(description: Description, name: str, prefixes: Mapping[str, str]) -> bool:
    prefix = unknown_prefix(description.word(name) or "", prefixes)
    if prefix is not None:
        ja, en = "この接頭辞は宣言されていません。", "This prefix is not declared."
        asked = question(near(prefix, prefixes))
        description.wrong(name, ja, en, found=f"{prefix}:", expected="ontology/prefixes.ttl", try_=asked)
    return prefix is not None
