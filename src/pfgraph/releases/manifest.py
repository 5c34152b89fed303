"""The manifest of a release: what it holds, what it was made from, and the digest that names it."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pfgraph.errors import ReleaseError

FORMAT = 2
ID_LENGTH = 16
# To find out takes 1.5 ms each time, which is much for a write.
version_of = cache(version)


@dataclass(frozen=True)
class Manifest:
    """What is known of a release without opening its store.

    `digest` is that of the set of its canonical N-Quads (`graph.sums`), and `id` the beginning of it: the clock
    (`created`, in UTC) and the versions are in the manifest only, so equal sources give equal releases. `sum` is
    what the digest is taken of, and `parent` the release that was changed, where it was not built from files.
    `laid_on` is the release whose store's files this one shares, `layer` how many quads were changed since it.
    """

    id: str
    digest: str
    created: str
    pfgraph: str
    pyoxigraph: str
    ontology: str
    triples: int
    quads: int
    graphs: Mapping[str, int]
    conforms: bool
    results: Mapping[str, int]
    sources: Mapping[str, str]
    files: Mapping[str, str]
    sum: str = ""
    parent: str = ""
    laid_on: str = ""
    layer: int = 0
    format: int = FORMAT

    def to_dict(self) -> dict[str, Any]:
        """Return the manifest as a JSON value."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def to_json(self) -> str:
        """Return the manifest as JSON text, the same for the same manifest."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=2, sort_keys=True) + "\n"

    @classmethod
    def read(cls, path: Path) -> Manifest:
        """Return a manifest from its file."""
        try:
            values: dict[str, Any] = json.loads(path.read_bytes())
            # Most files of a release are those of the one before it: so are then their names and digests here.
            values["files"] = {sys.intern(file): sys.intern(digest) for file, digest in values["files"].items()}
            known = {field.name for field in fields(cls)}
            # A newer pfgraph may say more; what this one needs must be there.
            return cls(**{name: value for name, value in values.items() if name in known})
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ReleaseError(
                "版の目録（manifest.json）を読めません。",
                "The manifest of a release cannot be read.",
                where=str(path),
                found=str(error),
            ) from error
