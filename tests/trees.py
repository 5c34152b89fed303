"""Small source trees for tests: an ontology of a few terms, one platform, one query."""

from __future__ import annotations

import shutil
from pathlib import Path

from pyoxigraph import RdfFormat, Triple, parse

from pfgraph.namespaces import PREFIXES_FILE, prefixes, shipped_sources
from pfgraph.sources import turtle

ONTOLOGY = """
<ns> a owl:Ontology ; owl:versionInfo "0.1.0" .
pf:Platform a owl:Class .
pf:Municipality a owl:Class .
pf:SourceDocument a owl:Class .
pf:SourceFragment a owl:Class .
pf:Statement a owl:Class .
pf:leadGovernment a owl:ObjectProperty .
pf:platformStatus a owl:ObjectProperty .
pf:count a owl:DatatypeProperty .
pf:document a owl:ObjectProperty .
pf:fragment a owl:ObjectProperty .
pf:quoteDigest a owl:DatatypeProperty .
pf:textDigest a owl:DatatypeProperty .
"""
SHAPES = """
pfsh:Platform a sh:NodeShape ; sh:targetClass pf:Platform ; sh:property pfsh:Platform-leadGovernment .
pfsh:Platform-leadGovernment a sh:PropertyShape ; sh:path pf:leadGovernment ; sh:minCount 1 ;
    sh:message "設置主体がありません。"@ja , "There is no lead government."@en ;
    sh:name "設置主体"@ja , "Lead government"@en .
"""
CONSTRUCT = "CONSTRUCT { ?p a org:OrganizationalCollaboration } WHERE { ?p pf:platformStatus stage:existing }"
RULES = f'pfsh:OperatingPlatform a sh:SPARQLRule ; sh:prefixes <ns> ; sh:construct "{CONSTRUCT}" .'
STAGES = "stage:existing a skos:Concept . stage:planned a skos:Concept ."
CATALOG = """
<graph/data/catalog> a dcat:Dataset .
<graph/data/platforms> a dcat:Dataset .
"""
PLATFORMS = """
government:312011 a pf:Municipality ; rdfs:label "鳥取市"@ja , "Tottori City"@en .
platform:312011-1 a pf:Platform ; pf:leadGovernment government:312011 ; pf:platformStatus stage:existing .
"""
QUERY = """#+ summary: Platforms
#+ summary_ja: プラットフォーム
#+ description: Platforms by lead government.
#+ description_ja: 設置主体ごとのプラットフォーム。
#+ params:
#+   - name: government
#+     type: iri
#+     title: Lead government
#+     title_ja: 設置主体
#+     example: https://w3id.org/pfgraph/id/government/312011
#+ columns:
#+   platform: { ja: プラットフォーム, en: Platform }
#+   government: { ja: 設置主体, en: Lead government }
#+ examples:
#+   - title: All
#+     title_ja: すべて
PREFIX pf: <https://w3id.org/pfgraph/ns#>
SELECT ?platform ?government WHERE {
  VALUES ?government { UNDEF }
  ?platform pf:leadGovernment ?government .
}
ORDER BY ?platform ?government
LIMIT 100
"""


def write_tree(root: Path, **more: str) -> Path:
    """Return a root with a small tree that is in order; `more` adds Turtle files, `__` for `/`."""
    texts = {
        "ontology__pfgraph": ONTOLOGY,
        "ontology__shapes": SHAPES,
        "ontology__rules": RULES,
        "ontology__concepts__stage": STAGES,
        "data__catalog": CATALOG,
        "data__platforms": PLATFORMS,
        **more,
    }
    (root / "ontology").mkdir(parents=True)
    shutil.copy(shipped_sources() / PREFIXES_FILE, root / PREFIXES_FILE)
    for name, text in texts.items():
        write_turtle(root / f"{name.replace('__', '/')}.ttl", text)
    (root / "queries").mkdir()
    (root / "queries" / "platforms.rq").write_text(QUERY, encoding="utf-8")
    return root


def write_turtle(path: Path, text: str) -> None:
    """Write a graph as canonical Turtle; every declared prefix may be used."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(turtle.canonical(triples(text), prefixes()), encoding="utf-8")


def triples(text: str) -> list[Triple]:
    """Return the triples of a Turtle text in which every declared prefix may be used."""
    base = prefixes()["id"].removesuffix("id/")
    head = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in prefixes().items())
    quads = parse(f"@base <{base}> .\n{head}{text}".encode(), RdfFormat.TURTLE)
    return [Triple(quad.subject, quad.predicate, quad.object) for quad in quads]
