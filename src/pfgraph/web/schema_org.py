"""What search engines read in a page: schema.org, of things that exist and of nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup
from pyoxigraph import NamedNode

from pfgraph.messages import Text
from pfgraph.namespaces import PF, RDF, SKOS, Namespace
from pfgraph.web.negotiation import Lang
from pfgraph.web.sentences import Said

SCHEMA = Namespace("schema")
# Classes whose things exist whenever they are spoken of, and what schema.org calls them.
_ALWAYS = {
    "Prefecture": ("AdministrativeArea", "GovernmentOrganization"),
    "Municipality": ("AdministrativeArea", "GovernmentOrganization"),
    "CoordinationBody": ("Organization",),
    "CoreCityArea": ("AdministrativeArea",),
    "SourceDocument": ("CreativeWork",),
}
# Classes whose things exist where their stage says so.
_STAGED = {"Platform": ("Organization",), "SupportService": ("GovernmentService",)}
# Between `<script>` and `</script>`: no character that HTML could take for markup.
_ESCAPED = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def described(found: Said, lang: Lang, summary: str) -> Markup | None:
    """Return a thing as JSON-LD for a page, or None where it does not exist or schema.org has no word for it."""
    kinds = _kinds(found)
    if not kinds:
        return None
    said: dict[str, Any] = {
        "@context": str(SCHEMA),
        "@type": kinds[0] if len(kinds) == 1 else list(kinds),
        "@id": found.iri,
        "url": found.iri,
        "name": found.label.in_language(lang),
        "alternateName": found.label.en if lang == "ja" else found.label.ja,
        "description": summary,
        **_details(found, lang),
    }
    return script({key: value for key, value in said.items() if value})


def dataset(iri: str, title: Text, description: Text, lang: Lang, **more: object) -> Markup:
    """Return the dataset as JSON-LD for the first page."""
    said = {
        "@context": str(SCHEMA),
        "@type": "Dataset",
        "@id": iri,
        "url": iri,
        "name": title.in_language(lang),
        "description": description.in_language(lang),
        "inLanguage": ["ja", "en"],
        "isAccessibleForFree": True,
        **more,
    }
    return script(said)


def script(said: Mapping[str, Any]) -> Markup:
    """Return a JSON value as it may stand within a script element."""
    return Markup(json.dumps(said, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPED))  # noqa: S704


def _kinds(found: Said) -> Sequence[str]:
    types = [value.value for value in found.outgoing.get(RDF.type.value, ()) if isinstance(value, NamedNode)]
    names = {each.removeprefix(str(PF)) for each in types if each in PF}
    staged = [kind for name in sorted(names & _STAGED.keys()) for kind in _STAGED[name] if found.stage == "existing"]
    if names & _STAGED.keys():
        # What is merely planned has no word of schema.org, whatever else is said of it.
        return staged
    if SKOS.ConceptScheme.value in types:
        return ("DefinedTermSet",)
    if SKOS.Concept.value in types:
        return ("DefinedTerm",)
    return [kind for name in sorted(names & _ALWAYS.keys()) for kind in _ALWAYS[name]]


def _details(found: Said, lang: Lang) -> dict[str, Any]:
    place = found.name(PF.inPrefecture, lang)
    founded = [getattr(value, "value", "") for value in found.outgoing.get(PF.established.value, ())]
    provider = found.name(PF.implementer, lang)
    return {
        "identifier": found.literal(PF.localGovernmentCode, lang) or found.literal(SKOS.notation, lang),
        "containedInPlace": {"@type": "AdministrativeArea", "name": place} if place else None,
        "foundingDate": founded[0] if founded else None,
        "provider": {"@type": "GovernmentOrganization", "name": provider} if provider else None,
    }
