"""The contract as it was promised, and what of it a change would break.

`python tests/contracts.py` writes down the contract as it is now, unless that breaks what was promised: then the
context needs another version in its address.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pyoxigraph import RdfFormat, parse

from pfgraph.graph.shapes import Shapes
from pfgraph.namespaces import base_iri, shipped_sources
from pfgraph.web.context import FILE, Context
from pfgraph.web.frames import FOLDER, Frames
from pfgraph.web.graphs import CONTEXT_PATH
from pfgraph.web.schemas import schema

Json = dict[str, Any]
VERSION = Path(CONTEXT_PATH).stem
PROMISED = Path(__file__).parent / "contract"
_WORDS = ("title", "description", "examples", "$id", "$schema")


def now() -> Json:
    """Return the contract of the sources in this checkout: context, frames, schemas."""
    root = shipped_sources()
    source = (root / FILE).read_bytes()
    context = Context(source)
    frames = Frames({path.stem: path.read_bytes() for path in (root / FOLDER).glob("*.jsonld")}, context)
    files = [root / "ontology" / f"{name}.ttl" for name in ("shapes", "pfgraph")]
    shapes = Shapes(quad.triple for file in files for quad in parse(file.read_bytes(), RdfFormat.TURTLE))
    address = f"{base_iri()}schema/"
    return {
        "context": json.loads(source)["@context"],
        "frames": {name: json.loads(frame.source) for name, frame in frames.by_name.items()},
        "schemas": {
            name: schema(frame, shapes, context, f"{address}{name}.json") for name, frame in frames.by_name.items()
        },
    }


def promised(version: str = VERSION) -> Json | None:
    """Return the contract of a version as it was written down."""
    folder = PROMISED / version
    if not folder.is_dir():
        return None
    return {path.stem: json.loads(path.read_bytes()) for path in folder.glob("*.json")}


def breaking(old: Mapping[str, Json], new: Mapping[str, Json]) -> list[str]:
    """Return what an application that was written for the old contract would miss or misread in the new one."""
    return [
        *_context(old["context"], new["context"]),
        *(problem for name in old["frames"] for problem in _frame(name, old["frames"], new["frames"])),
        *(problem for name in old["schemas"] for problem in _schema(name, old["schemas"], new["schemas"])),
    ]


def _context(old: Json, new: Json) -> Iterator[str]:
    # It is kept for good by whoever fetched it, so that even a term more would be misread by means of the old one.
    for name in sorted(old.keys() | new.keys()):
        if new.get(name) != old.get(name):
            yield f"context: {name} is {new.get(name)} instead of {old.get(name)}"


def _frame(name: str, old: Json, new: Json) -> Iterator[str]:
    if name not in new:
        yield f"frame: {name} is gone"
    elif old[name]["type"] != new[name]["type"]:
        yield f"frame: {name} is of another class"
    elif [member for member in new[name] if member in old[name]] != list(old[name]):
        yield f"frame: {name} has lost members, or has them in another order"


def _schema(name: str, old: Json, new: Json) -> Iterator[str]:
    if name not in new:
        yield f"schema: {name} is gone"
        return
    for member in set(old[name]["required"]) - set(new[name]["required"]):
        yield f"schema: {name}.{member} may be missing"
    for member, before in old[name]["properties"].items():
        if wordless(new[name]["properties"].get(member)) != wordless(before):
            yield f"schema: {name}.{member} is another kind of value"
    if wordless(old[name]["$defs"]) != wordless(new[name]["$defs"]):
        yield f"schema: {name} refers to other definitions"


def wordless(value: Any) -> Any:
    """Return a schema without the words in it that are for people."""
    if isinstance(value, dict):
        return {key: wordless(each) for key, each in value.items() if key not in _WORDS or not isinstance(each, str)}
    return [wordless(each) for each in value] if isinstance(value, list) else value


def write() -> None:
    """Write down the contract as it is now; raises ValueError where that breaks what was promised."""
    old, new = promised(), now()
    if old is not None and (broken := breaking(old, new)):
        raise ValueError("\n".join(broken))
    folder = PROMISED / VERSION
    folder.mkdir(parents=True, exist_ok=True)
    for part, content in new.items():
        text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
        (folder / f"{part}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
