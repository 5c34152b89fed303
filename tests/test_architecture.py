"""The house: what imports what, how long a room may be, where an IRI may stand."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import pfgraph

PACKAGE = Path(pfgraph.__file__).parent

# The order of reading. A module imports only from those above it; a new one is given its place here first.
WINGS: list[tuple[str, list[str]]] = [
    ("", ["messages"]),
    ("errors", ["root", "making", "asking", "writing", "__init__"]),
    ("", ["namespaces", "settings"]),
    (
        "sources",
        [
            *["characters", "origins", "lists", "notation", "turtle"],
            *["datatypes", "templates", "corrections", "sheets", "descriptions", "columns", "csvw", "values"],
            *["headings", "keys", "tables"],
            *["lexer", "slots", "selection", "parameters", "blocks", "header", "declarations", "queries"],
            *["mentions", "links", "catalog", "candidates", "causes", "tree"],
        ],
    ),
    (
        "graph",
        [
            *["rules", "sums", "dataset", "reference", "shacl", "report", "validation", "vocabulary"],
            *["shapes", "statistics", "assertions", "partitions", "linksets", "portal", "metadata", "evidence"],
        ],
    ),
    (
        "releases",
        [
            *["durability", "locks", "manifest", "release", "history", "keepsakes", "shelf"],
            *["change", "layers", "export"],
            *["differences", "archive", "restoring", "pipeline"],
        ],
    ),
    (
        "query",
        [
            *["grammar", "mistakes", "stops", "syntax", "fetching", "lookups", "sparql"],
            *["confines", "children", "nurseries", "lines", "cells", "pool"],
            *["turnstile", "exchange", "rows", "reading", "evaluation", "bindings", "instant", "engine"],
        ],
    ),
    (
        "publish",
        [
            *["tokens", "operations", "templates", "evaluation", "journal", "updates", "workbench"],
            *["patterns", "reach", "derivation", "tallies", "guidance", "census", "focus", "extracts", "gate"],
            *["publication", "requests", "scribe", "writers"],
            *["results", "citations", "references"],
        ],
    ),
    (
        "web",
        [
            *["negotiation", "protocol", "forms", "encoding", "manners", "trace", "cache", "dates"],
            *["context", "frames", "literals", "jsonld", "questions", "description", "rendering", "answers"],
            *["problems", "site", "presence", "memento", "rows", "graphs"],
            *["boundary", "metrics", "operations", "names", "vocabulary", "solutions", "delivery"],
            *["plain", "remembered", "swift", "result_page"],
            *["endpoint", "members", "openapi", "interface", "choices", "queries", "changes", "archive", "citing"],
            *["documents", "evidence", "origins", "facts", "sentences", "prefectures", "schema_org"],
            *["alike", "crumbs", "timeline", "neighbourhood", "entities"],
            *["replies", "retirements", "ontology", "checks", "schemes", "sheets", "resources"],
            *[
                "schemas",
                "contract",
                "collections",
                "tabular",
                "dumps",
                "distributions",
                "catalogue",
                "guide",
            ],
            *["listings", "publication", "robots"],
            *["home", "kinds", "writing", "updates", "graph_store", "connections", "loglines", "app", "server"],
        ],
    ),
    (
        "cli",
        [
            "console",
            "making",
            "shelving",
            "saving",
            "granting",
            "serving",
            "asking",
            "verifying",
            "commands",
            "__init__",
        ],
    ),
]
LAYERS = [f"{wing}.{room}".strip(".").removesuffix(".__init__") for wing, rooms in WINGS for room in rooms]
# Run by itself in a process of its own, and so outside the order: it imports nothing of ours.
ALONE = ("query.cell", "query.nursery", "publish.cell")
# `python -m pfgraph` stands on everything.
ENTRY = ("__main__",)

ADDRESS = re.compile(r"https?:(?!// )")
MAX_MODULE_LINES = 300
MAX_FUNCTION_LINES = 40
VAGUE_NAMES = {"base", "common", "core", "helpers", "manager", "misc", "service", "tools", "utils"}
# An IRI is spelled once, in ontology/prefixes.ttl (R22). What starts with http all the same, and why:
ALLOWED_ADDRESSES = {
    "cli.serving": {"http://"},  # names nothing: where this process listens, printed for a browser
}


def name_of(path: Path) -> str:
    """Return a module's name below the package."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


MODULES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}
# A wing's own file says what the wing is, and nothing else.
DOORS = {name for name, path in MODULES.items() if path.name == "__init__.py" and name not in LAYERS}


def tree_of(module: str) -> ast.Module:
    """Return a module's syntax tree."""
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def imports_of(module: str) -> Iterator[str]:
    """Return the modules of ours that a module imports, wherever in it."""
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("pfgraph"))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pfgraph"):
            prefix = (node.module or "").removeprefix("pfgraph").removeprefix(".")
            for alias in node.names:
                inner = f"{prefix}.{alias.name}".removeprefix(".")
                yield inner if inner in MODULES else prefix


def strings_of(module: str) -> Iterator[str]:
    """Return the string literals of a module that are not docstrings."""
    tree = tree_of(module)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def test_every_module_has_its_place() -> None:
    """The list of layers names every module, once."""
    listed = [*LAYERS, *ALONE, *ENTRY]

    assert sorted(listed) == sorted(MODULES.keys() - DOORS)


@pytest.mark.parametrize("module", sorted(MODULES.keys() & set(LAYERS)))
def test_imports_point_one_way(module: str) -> None:
    """A module imports only from modules above it."""
    above = {"", *LAYERS[: LAYERS.index(module)]}

    assert set(imports_of(module)) - above == set()


@pytest.mark.parametrize("module", ALONE)
def test_what_runs_alone_imports_nothing_of_ours(module: str) -> None:
    """The script of a cell starts without the package."""
    assert list(imports_of(module)) == []


@pytest.mark.parametrize("module", sorted(DOORS))
def test_a_wing_is_only_described(module: str) -> None:
    """The file of a wing holds a docstring, so that importing one room opens no other."""
    assert [type(node) for node in tree_of(module).body] == [ast.Expr]


@pytest.mark.parametrize("module", sorted(MODULES))
def test_a_module_is_short(module: str) -> None:
    """A module has fewer than 300 lines; one that grows past that has become two nouns."""
    assert len(MODULES[module].read_text(encoding="utf-8").splitlines()) < MAX_MODULE_LINES


@pytest.mark.parametrize("module", sorted(MODULES))
def test_a_function_is_short(module: str) -> None:
    """A function has fewer than 40 lines."""
    nodes = ast.walk(tree_of(module))
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    long = {f.name: f.end_lineno - f.lineno + 1 for f in functions if f.end_lineno is not None}

    assert {name: lines for name, lines in long.items() if lines >= MAX_FUNCTION_LINES} == {}


def test_names_are_nouns_of_the_field() -> None:
    """No module is named for being useful."""
    assert VAGUE_NAMES & {part for name in MODULES for part in name.split(".")} == set()


@pytest.mark.parametrize("module", sorted(MODULES))
def test_iris_are_spelled_in_one_place(module: str) -> None:
    """No string in the code is an IRI: names come from ontology/prefixes.ttl."""
    addresses = {text for text in strings_of(module) if ADDRESS.match(text)}

    assert addresses - ALLOWED_ADDRESSES.get(module, set()) == set()
