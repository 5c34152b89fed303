"""Mappings of a YAML text, read key by key, so that every error has its line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence

import yaml

from pfgraph.errors import QueryHeaderError
from pfgraph.messages import Text

_NAME = re.compile("[a-z][A-Za-z0-9]*")
_LINE_BREAK = re.compile(r"\s*\n\s*")


def compose(text: str, file: str) -> yaml.Node | None:
    """Return the node of a YAML text, None if it says nothing; raise QueryHeaderError if it is not YAML."""
    try:
        node: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise QueryHeaderError(
            "ヘッダーを YAML として読めません。",
            "The header is not YAML.",
            file=file,
            line=mark.line + 1 if mark else 1,
            column=mark.column + 1 if mark else None,
            found=str(getattr(error, "problem", None) or error).split("\n")[0],
            try_=Text(
                "「: 」や「 #」を含む文は引用符で囲み、字下げは空白で揃えてください。",
                "Put a text that holds “: ” or “ #” in quotes, and indent with blanks.",
            ),
        ) from error
    return node


class Block:
    """A mapping; what is wrong with it goes to `errors`, and reading goes on with an empty value."""

    def __init__(
        self,
        node: yaml.Node | None,
        place: tuple[str, int],
        errors: list[QueryHeaderError],
        known: Sequence[str] | None = None,
    ) -> None:
        self.file, self.line = place
        self.errors = errors
        self.nodes: dict[str, yaml.Node] = {}
        if node is None:
            return
        self.line = _line(node)
        if not isinstance(node, yaml.MappingNode):
            self._unlike(node, "key: …")
            return
        for key, value in node.value:
            self._add(key, value, known)

    def line_of(self, key: str) -> int:
        """Return the line on which a key's value starts, else the block's."""
        return _line(self.nodes[key]) if key in self.nodes else self.line

    def has(self, key: str) -> bool:
        """Whether the block has this key."""
        return key in self.nodes

    def word(self, key: str) -> str:
        """Return the text of a key as it is written, whatever YAML takes it for; the key must be there."""
        node = self.nodes.get(key)
        if node is None:
            self.wrong(None, "キーがありません。", "A key is missing.", expected=f"{key}: …")
            return ""
        return self._scalar(node)

    def maybe(self, key: str) -> str | None:
        """Return the text of a key, or None where it is not there."""
        return self.word(key) if key in self.nodes else None

    def name(self, key: str) -> str:
        """Return a key's text as the name of a variable."""
        name = self.word(key)
        if name and not _NAME.fullmatch(name):
            self.wrong(key, "変数の名前になりません。", "This is no variable's name.", name, expected=_NAME.pattern)
        return name

    def text(self, key: str) -> Text:
        """Return the words of a key and of its Japanese twin, each on one line."""
        return Text(_LINE_BREAK.sub("", self.word(f"{key}_ja")), _LINE_BREAK.sub(" ", self.word(key)))

    def flag(self, key: str) -> bool:
        """Return the truth of a key; it is false where it is not there."""
        word = self.maybe(key) or "false"
        if word not in ("true", "false"):
            self.wrong(key, "真偽値ではありません。", "This is no boolean.", word, expected="true, false")
        return word == "true"

    def words(self, key: str) -> tuple[str, ...]:
        """Return the texts in a key's list, none where it is not there."""
        return tuple(self._scalar(node) for node in self._items(key))

    def block(self, key: str, known: Sequence[str] | None = None) -> Block:
        """Return the mapping under a key, an empty one where it is not there."""
        return Block(self.nodes.get(key), (self.file, self.line), self.errors, known)

    def blocks(self, key: str, known: Sequence[str]) -> Iterator[Block]:
        """Return the mappings in a key's list."""
        for node in self._items(key):
            yield Block(node, (self.file, self.line), self.errors, known)

    def wrong(
        self, key: str | None, ja: str, en: str, found: str | None = None, *, expected: str | None = None
    ) -> None:
        """Note an error at a key's value, or at the block as a whole."""
        line = self.line_of(key) if key else self.line
        self.errors.append(QueryHeaderError(ja, en, file=self.file, line=line, found=found, expected=expected))

    def _add(self, key: yaml.Node, value: yaml.Node, known: Sequence[str] | None) -> None:
        name = str(key.value)
        if name in self.nodes:
            self._fault(key, "同じキーが二度あります。", "This key is there twice.")
        elif known is not None and name not in known:
            near = difflib.get_close_matches(name, known) or known
            self._fault(key, "このキーはありません。", "There is no such key.", ", ".join(near))
        else:
            self.nodes[name] = value

    def _items(self, key: str) -> Sequence[yaml.Node]:
        node = self.nodes.get(key)
        if node is None:
            return ()
        if not isinstance(node, yaml.SequenceNode):
            self._unlike(node, f"{key}: [ … ]")
            return ()
        return list(node.value)

    def _scalar(self, node: yaml.Node) -> str:
        if isinstance(node, yaml.ScalarNode) and node.value.strip():
            return str(node.value).strip()
        self._unlike(node, "…")
        return ""

    def _unlike(self, node: yaml.Node, expected: str) -> None:
        self._fault(node, "値の形が違います。", "The value has another form.", expected)

    def _fault(self, node: yaml.Node, ja: str, en: str, expected: str | None = None) -> None:
        found = str(node.value) if isinstance(node, yaml.ScalarNode) else str(node.tag)
        self.errors.append(QueryHeaderError(ja, en, file=self.file, line=_line(node), found=found, expected=expected))


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
