"""Small tables for tests: towns with their codes, and the metadata that describe them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pfgraph.namespaces import prefixes
from pfgraph.sources import tables
from pfgraph.sources.origins import Reading

FILE = "data/tables/towns.csv"
CONTEXT = ["http://www.w3.org/ns/csvw", {"@language": "ja"}]
CODE = "(0[1-9]|[1-3][0-9]|4[0-7])[0-9]{4}"
COLUMNS: tuple[Mapping[str, Any], ...] = (
    {
        "name": "code",
        "titles": {"ja": "団体コード", "en": "Code"},
        "datatype": {"base": "string", "format": CODE},
        "required": True,
        "propertyUrl": "pf:localGovernmentCode",
    },
    {
        "name": "name",
        "titles": {"ja": "名称", "en": "Name"},
        "lang": "ja",
        "required": True,
        "propertyUrl": "rdfs:label",
    },
    {
        "name": "types",
        "titles": {"ja": "区分", "en": "Types"},
        "datatype": {"base": "string", "format": "[a-z]+(-[a-z]+)*"},
        "separator": ";",
        "propertyUrl": "pf:municipalityType",
        "valueUrl": "munitype:{types}",
    },
    {
        "name": "since",
        "titles": {"ja": "設立", "en": "Since"},
        "datatype": "date",
        "propertyUrl": "pf:since",
    },
)
SCHEMA: Mapping[str, Any] = {
    "aboutUrl": "government:{code}",
    "columns": COLUMNS,
    "primaryKey": "code",
}
TEXT = """団体コード,名称,区分,設立
041009,仙台市,city;designated-city,1889-04-01
312011,鳥取市,city,
"""


def write(folder: Path, text: str | bytes = TEXT, *, name: str = "towns.csv", **schema: Any) -> Path:
    """Return the path of a table that has been written with its metadata; `schema` changes what they say."""
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    describe(path, {"@context": CONTEXT, "url": name, "tableSchema": dict(SCHEMA, **schema)})
    return path


def describe(path: Path, metadata: object) -> None:
    """Write the metadata of a table: text as it is, anything else as JSON."""
    text = metadata if isinstance(metadata, str) else json.dumps(metadata, ensure_ascii=False, indent=2)
    path.with_name(path.name + "-metadata.json").write_text(text, encoding="utf-8")


def read(path: Path) -> Reading:
    """Return what a table of a test's folder says."""
    return tables.read(path, f"data/tables/{path.name}", prefixes())


def column(name: str, **properties: Any) -> dict[str, Any]:
    """Return a column beside `code` in a schema of its own; it says something with `dcterms:description`."""
    return {"name": name, "titles": name, "propertyUrl": "dcterms:description", **properties}
