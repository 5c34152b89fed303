"""A thing in one or two plain sentences, made from what the data says of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pyoxigraph import Literal, NamedNode, Triple

from pfgraph.messages import Text
from pfgraph.namespaces import PF, RDF, SKOS, Namespace, compact
from pfgraph.web.dates import in_words
from pfgraph.web.negotiation import Lang

DCTERMS = Namespace("dcterms")
_EXISTING = "existing"


@dataclass(frozen=True)
class Said:
    """What is said of a thing and with it, with the names of all that is mentioned."""

    iri: str
    label: Text
    labels: Mapping[str, Text]
    outgoing: Mapping[str, Sequence[object]]
    incoming: Mapping[str, Sequence[str]]
    stages: Mapping[str, str] = field(default_factory=dict)

    def name(self, predicate: NamedNode, lang: Lang) -> str:
        """Return the names of the values of a property, joined as in a sentence."""
        found = [value for value in self.outgoing.get(predicate.value, ()) if isinstance(value, NamedNode)]
        names = [self.labels.get(v.value, Text(compact(v.value), compact(v.value))).in_language(lang) for v in found]
        return ("、" if lang == "ja" else ", ").join(sorted(names))

    def literal(self, predicate: NamedNode, lang: Lang) -> str:
        """Return the literal value of a property in a language, dates in words."""
        found = [value for value in self.outgoing.get(predicate.value, ()) if isinstance(value, Literal)]
        fitting = [value for value in found if value.language in (lang, None)] or found
        return (in_words(fitting[0], lang) or fitting[0].value) if fitting else ""

    def count(self, predicate: NamedNode) -> int:
        """Return how many values a property has."""
        return len(self.outgoing.get(predicate.value, ()))

    def pointing(self, predicate: NamedNode) -> tuple[int, int]:
        """Return how many existing things point here by a property, and how many that are to come."""
        stages = [self.stages.get(subject, "") for subject in self.incoming.get(predicate.value, ())]
        existing = stages.count(_EXISTING)
        return existing, len([stage for stage in stages if stage]) - existing

    @property
    def stage(self) -> str:
        """The key of the thing's own stage, or nothing."""
        return self.stages.get(self.iri, "")


def said(iri: str, triples: Iterable[Triple], labels: Mapping[str, Text], stages: Mapping[str, str]) -> Said:
    """Return what triples say of a thing, as sentences need it."""
    outgoing: dict[str, list[object]] = {}
    incoming: dict[str, list[str]] = {}
    node = NamedNode(iri)
    for triple in triples:
        if triple.subject == node:
            outgoing.setdefault(triple.predicate.value, []).append(triple.object)
        elif triple.object == node and isinstance(triple.subject, NamedNode):
            incoming.setdefault(triple.predicate.value, []).append(triple.subject.value)
    return Said(iri, labels.get(iri, Text(compact(iri), compact(iri))), labels, outgoing, incoming, stages)


def sentence(found: Said, lang: Lang) -> str:
    """Return a thing in a sentence or two, or nothing where the data does not say enough."""
    types = {value.value for value in found.outgoing.get(RDF.type.value, ()) if isinstance(value, NamedNode)}
    for kind, write in _WRITERS:
        if PF[kind].value in types:
            return write(found, lang)
    return found.literal(SKOS.definition, lang)


def _government(found: Said, lang: Lang) -> str:
    name, prefecture = found.label.in_language(lang), found.name(PF.inPrefecture, lang)
    kinds, code = found.name(PF.municipalityType, lang), found.literal(PF.localGovernmentCode, lang)
    existing, to_come = found.pointing(PF.implementer)
    if lang == "ja":
        place = f"{prefecture}にある" if prefecture else ""
        text = f"{name}は、{place}地方公共団体です（{kinds}、団体コード {code}）。"
        more = f"文書に書かれた取組は、実施済み・実施中が{existing}件、予定・検討などが{to_come}件です。"
    else:
        place = f" in {prefecture}" if prefecture else ""
        text = f"{name} is a local government{place} ({kinds}; code {code})."
        more = f" Initiatives in the document: {existing} existing, {to_come} planned or considered."
    return text + (more if existing + to_come else "")


def _platform(found: Said, lang: Lang) -> str:
    lead, name = found.name(PF.leadGovernment, lang), found.label.in_language(lang)
    since = found.literal(PF.established, lang) or found.name(PF.establishedFiscalYear, lang)
    if lang == "ja":
        if found.stage == _EXISTING:
            return f"{name}は、{lead}の官民連携プラットフォームです" + (f"（{since}設立）。" if since else "。")
        doing = {"planned": "予定している", "considered": "検討している"}.get(found.stage, "構想している")
        return f"{lead}が設置または拡充を{doing}官民連携プラットフォームです。設立されたとは書かれていません。"
    if found.stage == _EXISTING:
        return f"{name} is a public-private platform of {lead}" + (f", set up in {since}." if since else ".")
    doing = {"planned": "plans", "considered": "considers"}.get(found.stage, "has in mind")
    return f"A public-private platform that {lead} {doing} to set up or expand. It is not said to exist yet."


def _body(found: Said, lang: Lang) -> str:
    lead = found.name(PF.leadGovernment, lang)
    return f"{lead}にある、設置済みの会議体です。" if lang == "ja" else f"An existing coordination body of {lead}."


def _initiative(found: Said, lang: Lang) -> str:
    who, themes = found.name(PF.implementer, lang), found.name(PF.theme, lang)
    if lang == "ja":
        about = f"（テーマ: {themes}）" if themes else ""
        if found.stage == _EXISTING:
            return f"{who}が実施している、または実施した取組です{about}。"
        doing = {"planned": "予定している", "considered": "検討している"}.get(found.stage, "構想している")
        return f"{who}が{doing}取組です{about}。実施されたとは書かれていません。"
    about = f" (themes: {themes})" if themes else ""
    if found.stage == _EXISTING:
        return f"An undertaking that {who} carries out or has carried out{about}."
    doing = {"planned": "plans", "considered": "considers"}.get(found.stage, "has in mind")
    return f"An undertaking that {who} {doing}{about}. It is not said to have begun."


def _area(found: Said, lang: Lang) -> str:
    cities, partners = found.name(PF.coreCity, lang), found.count(PF.partnerMunicipality)
    prefectures = found.name(PF.spansPrefecture, lang)
    if lang == "ja":
        return f"{cities}を連携中枢都市とし、{partners}市町村と連携する圏域です（{prefectures}）。"
    return f"An area with {cities} as core city; partner municipalities: {partners} ({prefectures})."


def _participation(found: Said, lang: Lang) -> str:
    who, year = found.name(PF.participant, lang), found.name(PF.fiscalYear, lang)
    programme, time = found.name(PF.programme, lang), found.literal(PF.ordinal, lang)
    if lang == "ja":
        return f"{who}は、{year}に「{programme}」に取り組みました（{time}回目）。"
    return f"{who} took part in “{programme}” in {year}, for the {_ordinal(time)} time."


def _ordinal(number: str) -> str:
    ending = {"1": "st", "2": "nd", "3": "rd"}.get(number[-1:], "th")
    return number + ("th" if number[-2:-1] == "1" else ending)


def _statement(found: Said, lang: Lang) -> str:
    where, how = found.name(PF.fragment, lang), found.name(PF.modality, lang)
    if lang == "ja":
        return f"{where}にある記述の要約です。述べ方は「{how}」です。"
    return f"A summary of what is printed in {where}; put as: {how}."


def _change(found: Said, lang: Lang) -> str:
    what, kind = found.name(PF.changeOf, lang), found.name(PF.changeType, lang)
    if lang == "ja":
        return f"「{what}」についての変更です（{kind}）。" + (
            "" if found.stage == _EXISTING else "行われたとは書かれていません。"
        )
    told = "" if found.stage == _EXISTING else " It is not said to have happened."
    return f"A change of {what} ({kind})." + told


_WRITERS: tuple[tuple[str, Callable[[Said, Lang], str]], ...] = (
    ("Platform", _platform),
    ("CoordinationBody", _body),
    ("Initiative", _initiative),
    ("SupportService", _initiative),
    ("Change", _change),
    ("CoreCityArea", _area),
    ("ProgrammeParticipation", _participation),
    ("Statement", _statement),
    ("Municipality", _government),
    ("Prefecture", _government),
)
