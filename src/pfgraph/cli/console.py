"""What a terminal shows: steps and errors on stderr, answers on stdout."""

from __future__ import annotations

import json
import sys
import time
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol, runtime_checkable

from pfgraph.errors import PfgraphError, ShapesViolated, SourceError, SourcesRefused
from pfgraph.messages import Text


@contextmanager
def step(text: Text) -> Iterator[None]:
    """Show what is being done, and how long it took."""
    print(f"{text.ja} / {text.en} …", end=" ", file=sys.stderr, flush=True)
    start = time.perf_counter()
    try:
        yield
    except BaseException:
        print("✗", file=sys.stderr)
        raise
    print(f"{time.perf_counter() - start:.2f} s", file=sys.stderr)


def say(text: Text) -> None:
    """Print a sentence in both languages, a line each."""
    print(text.ja)
    print(text.en)


def note(text: Text) -> None:
    """Print a remark in both languages on stderr, where it disturbs no answer."""
    print(f"{text.ja}\n{text.en}", file=sys.stderr)


def say_json(value: object) -> None:
    """Print a value for a machine."""
    print(json.dumps(value, ensure_ascii=False, indent=2))


def parsed(text: str) -> object:
    """Return the value that a JSON text writes."""
    value: object = json.loads(text)
    return value


def write(content: bytes) -> None:
    """Print bytes as they are."""
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def show(error: PfgraphError, *, as_json: bool) -> None:
    """Print an error: for a person on stderr, for a machine on stdout."""
    if as_json:
        say_json({"ok": False, "errors": list(_described(error))})
    else:
        print(error, file=sys.stderr)


def _described(error: PfgraphError) -> Iterator[dict[str, object]]:
    """Return each of the errors that one stands for as a JSON value."""
    if isinstance(error, SourcesRefused):
        for each in error.errors:
            yield from _described(each)
        return
    described: dict[str, object] = {"type": type(error).__name__, **error.fields()}
    if isinstance(error, SourceError):
        described |= {"file": error.file, "line": error.line}
    if isinstance(error, ShapesViolated) and isinstance(error.report, Readable):
        described["report"] = json.loads(error.report.to_json())
    yield described


@runtime_checkable
class Readable(Protocol):
    """A report that machines read."""

    def to_json(self) -> str:
        """Return the report as JSON text."""
        ...


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows in columns that line up, also where characters are twice as wide."""
    cells = [[" ".join(cell.split()) for cell in row] for row in [columns, *rows]]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(_padded(*pair) for pair in zip(row, widths, strict=True)).rstrip() for row in cells]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def _width(text: str) -> int:
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(unicodedata.combining(char) > 0 for char in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
