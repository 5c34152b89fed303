"""A citation as reference managers and papers want it: BibTeX, CSL-JSON, RIS, and a sentence in two languages."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from pfgraph.messages import Text
from pfgraph.publish.citations import Citation
from pfgraph.releases.history import read

AUTHOR = "pfgraph project"
PUBLISHER = "pfgraph"


def title(citation: Citation) -> Text:
    """Return what a citation is called."""
    release = citation.question.release
    return Text(
        f"地方版孤独・孤立対策官民連携プラットフォームのデータへの問い合わせと答え（版 {release}）",
        f"A query of the data on local platforms against loneliness and isolation, and its answer (release {release})",
    )


def plain(citation: Citation) -> Text:
    """Return the sentence to put among the references."""
    name, day = title(citation), _made(citation)
    digest = f"sha256:{citation.digest}"
    return Text(
        f"{AUTHOR}（{_released(citation).year}）「{name.ja}」{PUBLISHER}、{day.year}年{day.month}月{day.day}日登録、"
        f"{citation.iri}（結果のハッシュ {digest}、方式 {citation.method}）",
        f"{AUTHOR} ({_released(citation).year}). {name.en}. {PUBLISHER}. Registered {day:%Y-%m-%d}. {citation.iri} "
        f"(digest of the result {digest}, method {citation.method}).",
    )


def bibtex(citation: Citation) -> str:
    """Return the citation as a BibTeX entry; its values need no escaping, being ours."""
    day = _made(citation)
    values = {
        "author": "{" + AUTHOR + "}",
        "title": "{" + title(citation).en + "}",
        "year": str(_released(citation).year),
        "publisher": PUBLISHER,
        "version": citation.question.release,
        "url": citation.iri,
        "urldate": f"{day:%Y-%m-%d}",
        "note": f"Digest of the result: sha256:{citation.digest} ({citation.method})",
    }
    rows = "".join(f"  {name} = {{{value}}},\n" for name, value in values.items())
    return f"@misc{{pfgraph-{citation.key},\n{rows}}}\n"


def csl_json(citation: Citation) -> str:
    """Return the citation as CSL-JSON, a list of one."""
    released, made = _released(citation), _made(citation)
    value: dict[str, Any] = {
        "id": f"pfgraph-{citation.key}",
        "type": "dataset",
        "title": title(citation).en,
        "author": [{"literal": AUTHOR}],
        "publisher": PUBLISHER,
        "version": citation.question.release,
        "URL": citation.iri,
        "issued": {"date-parts": [[released.year, released.month, released.day]]},
        "accessed": {"date-parts": [[made.year, made.month, made.day]]},
        "note": f"sha256:{citation.digest} ({citation.method})",
    }
    return json.dumps([value], ensure_ascii=False, indent=2) + "\n"


def ris(citation: Citation) -> str:
    """Return the citation as a RIS record of type DATA."""
    released, made = _released(citation), _made(citation)
    fields = [
        ("TY", "DATA"),
        ("ID", f"pfgraph-{citation.key}"),
        ("AU", AUTHOR),
        ("TI", title(citation).en),
        ("PY", str(released.year)),
        ("DA", f"{released:%Y/%m/%d}"),
        ("PB", PUBLISHER),
        ("ET", citation.question.release),
        ("UR", citation.iri),
        ("Y2", f"{made:%Y/%m/%d}"),
        ("N1", f"sha256:{citation.digest} ({citation.method})"),
        ("ER", ""),
    ]
    return "".join(f"{name}  - {value}\r\n" for name, value in fields)


def _released(citation: Citation) -> datetime:
    return read(citation.released)


def _made(citation: Citation) -> datetime:
    return read(citation.created)
