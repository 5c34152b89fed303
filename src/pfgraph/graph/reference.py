"""pySHACL on rdflib, the SHACL engine that decides when two engines differ."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pyshacl
from pyparsing import ParseException
from pyshacl.errors import ReportableRuntimeError
from rdflib import Graph
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.sparql import Query
from rdflib.query import Result

Unusable = (ReportableRuntimeError, ParseException)


class PreparedGraph(Graph):
    """A graph that parses each query text once.

    pySHACL hands over the same text for every focus node, and rdflib takes ten times as long to parse it
    as to evaluate it.
    """

    def query(self, query_object: str | Query, *args: Any, **kwargs: Any) -> Result:
        """Return the solutions of a query."""
        asked = _prepared(query_object) if isinstance(query_object, str) else query_object
        return super().query(asked, *args, **kwargs)


@lru_cache(maxsize=256)
def _prepared(text: str) -> Query:
    return prepareQuery(text)


def report(data: bytes, shapes: bytes) -> bytes:
    """Return the validation report, all three as N-Triples; raise one of `Unusable` for unusable shapes."""
    # On rdflib graphs only: over an Oxigraph store pySHACL gives wrong results.
    _, graph, _ = pyshacl.validate(
        PreparedGraph().parse(data=data, format="nt"), shacl_graph=Graph().parse(data=shapes, format="nt")
    )
    return bytes(graph.serialize(format="nt", encoding="utf-8"))
