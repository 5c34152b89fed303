"""The settings of a process: read once, frozen, passed down."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from pfgraph.errors import SettingError
from pfgraph.messages import Text
from pfgraph.namespaces import base_iri, shipped_sources

PREFIX = "PFGRAPH_"


def default_home(environ: Mapping[str, str]) -> Path:
    """Return where releases live: beside the data in a checkout, in the user's data directory for a wheel."""
    sources = shipped_sources()
    if sources.name != "_sources":
        return sources / ".pfgraph"
    data_home = environ.get("XDG_DATA_HOME", "")
    # XDG Base Directory Specification: a relative path is to be ignored.
    base = Path(data_home) if Path(data_home).is_absolute() else Path.home() / ".local" / "share"
    return base / "pfgraph"


@dataclass(frozen=True)
class Settings:
    """How one process runs; every field is also a variable, `PFGRAPH_` and its name in capitals."""

    sources: Path = field(default_factory=shipped_sources)
    home: Path = field(default_factory=lambda: default_home({}))
    host: str = "127.0.0.1"
    port: int = 8000
    query_timeout_s: float = 10.0
    query_cpu_s: float = 20.0
    query_memory_bytes: int = 2**30
    max_query_bytes: int = 64 * 2**10
    max_body_bytes: int = 16 * 2**20
    max_result_bytes: int = 64 * 2**20
    held_bytes: int = 2**20
    stream_s: float = 120.0
    cells: int = 4
    queue_length: int = 32
    queue_wait_s: float = 5.0
    per_client: int = 8
    drain_s: float = 5.0
    cache_bytes: int = 64 * 2**20
    retained_releases: int = 20
    max_citations: int = 10_000
    citations_per_hour: int = 60
    tokens: str = field(default="", repr=False)
    write_queue: int = 16
    write_timeout_s: float = 60.0
    plain_dataset: bool = False

    @property
    def base_iri(self) -> str:
        """The namespace under which everything of ours is named."""
        return base_iri()

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        """Return the settings an environment asks for; what it does not name keeps its default."""
        values: dict[str, Any] = {"home": default_home(environ)}
        kinds = {f.name: str(f.type) for f in fields(cls)}
        for variable in sorted(environ):
            if not variable.startswith(PREFIX):
                continue
            name = variable.removeprefix(PREFIX).lower()
            if name not in kinds:
                raise _unknown(variable, list(kinds))
            values[name] = _parse(variable, environ[variable], kinds[name])
        return cls(**values)


def _unknown(variable: str, names: list[str]) -> SettingError:
    near = difflib.get_close_matches(variable.removeprefix(PREFIX).lower(), names, n=1, cutoff=0.5)
    meant = PREFIX + near[0].upper() if near else None
    return SettingError(
        "このような設定はありません。",
        "There is no such setting.",
        where=variable,
        try_=None if meant is None else Text(f"{meant} のことですか。", f"Did you mean {meant}?"),
    )


_TRUTHS = {"": False, "0": False, "1": True}
_EXPECTED = {
    "int": Text("0 以上の整数", "an integer, 0 or more"),
    "bool": Text("0 か 1", "0 or 1"),
    "float": Text("正の数（秒）", "a positive number of seconds"),
}


def _parse(variable: str, text: str, kind: str) -> object:
    if kind == "Path":
        return Path(text).expanduser().absolute()
    if kind == "str":
        return text
    if kind == "bool" and text in _TRUTHS:
        return _TRUTHS[text]
    try:
        number = int(text) if kind == "int" else float(text)
        if kind != "bool" and number >= 0 and (kind == "int" or 0 < number < float("inf")):
            return number
    except ValueError:
        pass
    raise SettingError(
        "設定の値が正しくありません。",
        "The value of this setting is not valid.",
        where=variable,
        found=repr(text),
        expected=_EXPECTED[kind],
    )
