"""JSON objects that describe something, read property by property, so that every error has its line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Unpack

from pfgraph.errors import SourceError, TableError
from pfgraph.messages import Parts, Text
from pfgraph.sources import characters, corrections

Steps = tuple[str | int, ...]

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')
# The metadata may say more of anything with these, in a language map.
_DESCRIPTION = "dc:description"


class Document:
    """A JSON file; what is wrong with it goes to `errors`, which several documents may share.

    `is_read` says whether there is a `value` at all.
    """

    def __init__(self, path: Path, file: str, errors: list[SourceError]) -> None:
        self.file, self.errors, self.text = file, errors, ""
        self.value: object = None
        self.is_read = False
        self._noted: set[str] = set()
        try:
            self.text = characters.decode(path, file)
            self.value = json.loads(self.text, object_pairs_hook=self._object)
            self.is_read = True
        except SourceError as error:
            errors.append(error)
        except json.JSONDecodeError as error:
            errors.append(_no_json(error, file))

    @cached_property
    def lines(self) -> Mapping[Steps, int]:
        """The line of each value by the steps to it: the names and positions on the way."""
        return _lines(self.text)

    def wrong(self, steps: Steps, ja: str, en: str, **parts: Unpack[Parts]) -> None:
        """Note an error at a value, once."""
        place = "".join(f".{step}" if isinstance(step, str) else f"[{step}]" for step in steps)
        error = TableError(
            ja,
            en,
            file=self.file,
            line=self.lines.get(steps) or self.lines.get(steps[:-1]),
            column=place.removeprefix(".") or None,
            **parts,
        )
        if str(error) not in self._noted:
            self._noted.add(str(error))
            self.errors.append(error)

    def _object(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        names = [name for name, _ in pairs]
        for name in sorted({name for name in names if names.count(name) > 1}):
            self.wrong((), "同じ名前のプロパティが二度あります。", "A property is there twice.", found=name)
        return dict(pairs)


class Description:
    """A JSON object; what it does not say of itself, its parent says of it."""

    def __init__(
        self,
        document: Document,
        known: Sequence[str],
        value: object,
        steps: Steps = (),
        parent: Description | None = None,
    ) -> None:
        self.document, self.steps = document, steps
        self._known, self._parent = known, parent
        self._properties = value if isinstance(value, dict) else {}
        if not isinstance(value, dict):
            self._unlike((), value, "{ … }")
        for name in self._properties:
            self._check_name(name)

    def has(self, name: str) -> bool:
        """Whether the object or one it inherits from has this property."""
        return self._holder(name) is not None

    def get(self, name: str) -> object:
        """Return a property as JSON has it, or None where it is not there."""
        return self._find(name)[0]

    def word(self, name: str) -> str | None:
        """Return a property that is a string, or None where it is not there."""
        value, holder = self._find(name)
        if value is None or isinstance(value, str):
            return value
        holder._unlike((name,), value, '"…"')
        return None

    def flag(self, name: str) -> bool:
        """Return a property that is true or false; it is false where it is not there."""
        value, holder = self._find(name)
        if value is not None and not isinstance(value, bool):
            holder._unlike((name,), value, "true, false")
        return value is True

    def words(self, name: str) -> tuple[str, ...]:
        """Return a property that is a string or a list of them, none where it is not there."""
        value, holder = self._find(name)
        found = value if isinstance(value, list) else [] if value is None else [value]
        if not all(isinstance(word, str) for word in found):
            holder._unlike((name,), value, '"…", ["…", "…"]')
            return ()
        return tuple(found)

    def words_in_both(self, name: str) -> Text | None:
        """Return a property in Japanese and English, or None where it is not there."""
        value, holder = self._find(name)
        if value is None or isinstance(value, str):
            return None if value is None else Text(value, value)
        if isinstance(value, dict):
            ja, en = value.get("ja"), value.get("en")
            if isinstance(ja, str) and isinstance(en, str):
                return Text(ja, en)
        holder._unlike((name,), value, '{"ja": "…", "en": "…"}')
        return None

    def description(self) -> Text | None:
        """Return what the metadata says in words of the thing described, or None."""
        return self.words_in_both(_DESCRIPTION)

    def child(self, name: str, known: Sequence[str], *, inherits: bool = False) -> Description:
        """Return the object a property is."""
        value, holder = self._find(name)
        parent = self if inherits else None
        return Description(holder.document, known, value, (*holder.steps, name), parent)

    def children(self, name: str, known: Sequence[str], *, inherits: bool = False) -> Iterator[Description]:
        """Return the objects in the list a property is, none where it is not there."""
        value, holder = self._find(name)
        if value is not None and not isinstance(value, list):
            holder._unlike((name,), value, "[ … ]")
        parent = self if inherits else None
        for position, item in enumerate(value if isinstance(value, list) else ()):
            yield Description(holder.document, known, item, (*holder.steps, name, position), parent)

    def wrong(self, name: str | None, ja: str, en: str, **parts: Unpack[Parts]) -> None:
        """Note an error at a property, or at the object as a whole."""
        holder = (self._holder(name) if name else None) or self
        steps = (*holder.steps, name) if name else holder.steps
        holder.document.wrong(steps, ja, en, **parts)

    def _holder(self, name: str) -> Description | None:
        if name in self._properties:
            return self
        return self._parent._holder(name) if self._parent and name in self._known else None

    def _find(self, name: str) -> tuple[object, Description]:
        holder = self._holder(name) or self
        return holder._properties.get(name), holder

    def _check_name(self, name: str) -> None:
        # Tabular metadata §5.8: a prefixed name is a remark on the thing described.
        if name in self._known or (":" in name and not name.startswith("@")):
            return
        self.document.wrong(
            (*self.steps, name),
            "この名前のプロパティは読みません。",
            "No property of this name is read here.",
            found=name,
            expected=", ".join(self._known),
            try_=corrections.question(corrections.near(name, self._known)),
        )

    def _unlike(self, steps: Steps, value: object, expected: str) -> None:
        ja, en = "値の形が違います。", "The value has another form."
        found = json.dumps(value, ensure_ascii=False)
        self.document.wrong((*self.steps, *steps), ja, en, found=found, expected=expected)


def _no_json(error: json.JSONDecodeError, file: str) -> TableError:
    return TableError(
        "JSON として読めません。",
        "This is not JSON.",
        file=file,
        line=error.lineno,
        column=error.colno,
        found=error.msg,
        try_=Text(
            "コンマの過不足、閉じていない括弧や引用符、全角の記号がないか確かめてください。",
            "Look for a comma too many or too few, an open bracket or quote, a full-width sign.",
        ),
    )


def _lines(text: str) -> dict[Steps, int]:
    """Return the line of every value of a JSON text that is known to be one."""
    lines: dict[Steps, int] = {}
    # The names and positions on the way to where we are; None where a name is to come.
    steps: list[str | int | None] = []
    for match in _TOKEN.finditer(text):
        word = match.group()
        if word in "}]":
            steps.pop()
        elif word == ",":
            last = steps[-1]
            steps[-1] = last + 1 if isinstance(last, int) else None
        elif word != ":":
            is_name = bool(steps) and steps[-1] is None
            if is_name:
                steps[-1] = json.loads(word)
            here = tuple(step for step in steps if step is not None)
            lines.setdefault(here, text.count("\n", 0, match.start()) + 1)
            if not is_name and word in "{[":
                steps.append(None if word == "{" else 0)
    return lines
