"""What a parameter of a canned query may be, by name: readers choose a word, the query gets its key."""

from __future__ import annotations

from collections.abc import Mapping

from pyoxigraph import Literal

from pfgraph.messages import Text
from pfgraph.releases.release import Release
from pfgraph.sources.parameters import Parameter
from pfgraph.sources.queries import CannedQuery
from pfgraph.web.questions import question
from pfgraph.web.rendering import View
from pfgraph.web.site import Site, Solution, str_of, text_of

_TRUTHS = {"true": Text("はい", "yes"), "false": Text("いいえ", "no")}
Words = Mapping[str, str]


async def choices(site: Site, release: Release, query: CannedQuery, view: View) -> dict[str, Words]:
    """Return, for each parameter that has few values, what each value is called; a key that has no name is itself."""
    parameters = [each for each in query.parameters if each.values]
    keys = sorted({key for each in parameters if each.kind == "concept" for key in each.values})
    solutions: list[Solution] = []
    if keys:
        solutions = await site.solutions(release, question("notations", key=[Literal(key) for key in keys]))
    return {each.name: _called(each, solutions, view) for each in parameters}


def _called(parameter: Parameter, solutions: list[Solution], view: View) -> Words:
    named = _TRUTHS if parameter.kind == "boolean" else _named(parameter, solutions)
    return {key: view.text(named[key]) if key in named else key for key in parameter.values}


def _named(parameter: Parameter, solutions: list[Solution]) -> Mapping[str, Text]:
    """Return the names in the scheme that has the most of the keys, since a key may mean something in several."""
    schemes: dict[str, dict[str, dict[str, str]]] = {}
    for solution in solutions:
        key, label = str_of(solution["key"]), solution["label"]
        if key in parameter.values and isinstance(label, Literal):
            by_key = schemes.setdefault(str_of(solution["scheme"]), {})
            by_key.setdefault(key, {})[label.language or ""] = label.value
    found = max(schemes.items(), key=lambda scheme: (len(scheme[1]), scheme[0]), default=("", {}))
    return {key: text_of(by_language) for key, by_language in found[1].items()}
