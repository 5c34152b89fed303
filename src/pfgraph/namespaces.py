"""The IRIs we speak of, all read from `ontology/prefixes.ttl`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType

from pyoxigraph import NamedNode, RdfFormat, parse

from pfgraph.errors import TurtleError

_PACKAGE = Path(__file__).parent
PREFIXES_FILE = Path("ontology", "prefixes.ttl")


def shipped_sources() -> Path:
    """Return the sources inside an installed wheel, else the checkout this package is run from."""
    installed = _PACKAGE / "_sources"
    return installed if installed.is_dir() else _PACKAGE.parent.parent


def read_prefixes(path: Path) -> Mapping[str, str]:
    """Return prefix → namespace as a file declares them with `sh:declare`."""
    try:
        triples = list(parse(path.read_bytes(), RdfFormat.TURTLE))
    except (OSError, SyntaxError) as error:
        raise TurtleError(
            "接頭辞の宣言を読めません。", "The prefix declarations cannot be read.", file=str(path)
        ) from error
    # The two properties are known by their local names here: their namespace is what this file declares.
    named = {
        local: {str(t.subject): str(t.object.value) for t in triples if t.predicate.value.endswith(local)}
        for local in ("#prefix", "#namespace")
    }
    pairs = ((prefix, named["#namespace"][node]) for node, prefix in named["#prefix"].items())
    return MappingProxyType(dict(sorted(pairs)))


@cache
def prefixes() -> Mapping[str, str]:
    """Return prefix → namespace, sorted by prefix."""
    return read_prefixes(shipped_sources() / PREFIXES_FILE)


def base_iri() -> str:
    """Return the IRI under which all of ours lie."""
    return prefixes()["id"].removesuffix("id/")


def expand(name: str) -> NamedNode:
    """Return the IRI of a prefixed name such as `pf:Platform`."""
    prefix, _, local = name.partition(":")
    return NamedNode(prefixes()[prefix] + local)


@lru_cache(maxsize=4096)
def compact(iri: str) -> str:
    """Return an IRI as a prefixed name where a declared prefix fits (the longest one), else unchanged."""
    fits = [(len(ns), prefix) for prefix, ns in prefixes().items() if iri.startswith(ns) and iri != ns]
    if not fits:
        return iri
    length, prefix = max(fits)
    local = iri[length:]
    return iri if "/" in local or "#" in local else f"{prefix}:{local}"


@lru_cache(maxsize=1024)
def _term(prefix: str, local: str) -> NamedNode:
    return NamedNode(prefixes()[prefix] + local)


class Namespace:
    """The terms under one prefix: `PF.leadGovernment`, `SH["class"]`; `str(PF)` is the namespace itself."""

    __slots__ = ("_prefix",)

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def __str__(self) -> str:
        """The namespace IRI."""
        return prefixes()[self._prefix]

    def __getitem__(self, local: str) -> NamedNode:
        """The term with this local name."""
        return _term(self._prefix, local)

    def __getattr__(self, local: str) -> NamedNode:
        """The term with this local name."""
        if local.startswith("__"):
            raise AttributeError(local)
        return self[local]

    def __contains__(self, iri: str) -> bool:
        """Whether an IRI lies in this namespace."""
        return iri.startswith(str(self))


PF = Namespace("pf")
PFSH = Namespace("pfsh")
ID = Namespace("id")
GRAPH = Namespace("graph")
QUERY = Namespace("query")
RDF = Namespace("rdf")
RDFS = Namespace("rdfs")
OWL = Namespace("owl")
XSD = Namespace("xsd")
SKOS = Namespace("skos")
DCTERMS = Namespace("dcterms")
DCAT = Namespace("dcat")
VOID = Namespace("void")
PROV = Namespace("prov")
FOAF = Namespace("foaf")
SH = Namespace("sh")
SD = Namespace("sd")
OA = Namespace("oa")
