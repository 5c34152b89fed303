"""Where applications and harvesters ask: the contract, the collections, the catalogue, the dumps."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from pfgraph.web.catalogue import Catalogue
from pfgraph.web.collections import Collections
from pfgraph.web.contract import Contract
from pfgraph.web.dumps import Dumps
from pfgraph.web.graphs import CONTEXT_PATH
from pfgraph.web.guide import Guide
from pfgraph.web.listings import Listings
from pfgraph.web.site import Site


def routes(site: Site, dumps: Dumps) -> list[BaseRoute]:
    """Return the routes of the contract and of the catalogue."""
    contract, catalogue = Contract(site), Catalogue(site, dumps)
    collections, guide = Collections(site, contract), Guide(site)
    listings = Listings(site, contract, collections)
    return [
        Route(CONTEXT_PATH, contract.context),
        Route("/frames/{name}.jsonld", contract.frame),
        Route("/schema/{name}.json", contract.schema),
        Route("/schema", contract.schemas),
        Route("/collections", listings.index),
        Route("/collections/{name}", listings.respond),
        Route("/catalog", catalogue.catalog),
        Route("/catalog.{suffix}", catalogue.catalog),
        Route("/.well-known/void", catalogue.void),
        Route("/dumps/{release}", catalogue.dumps),
        Route("/dumps/{release}/{name}", catalogue.dump),
        Route("/docs/jsonld", guide.respond),
    ]
