"""Which form, language and content coding a client would rather have (RFC 9110 §12)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from pfgraph.errors import BadParameter, NotAcceptable
from pfgraph.namespaces import Namespace

Lang = Literal["ja", "en"]
LANGUAGES: tuple[Lang, ...] = ("ja", "en")


@dataclass(frozen=True)
class Form:
    """One form a resource can be sent in: its short name, what Content-Type says, and the syntax it is in."""

    name: str
    media_type: str
    syntax: str = ""
    aliases: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    profile: str = ""

    @property
    def written_as(self) -> str:
        """The media type of the syntax, which `application/json` alone does not tell."""
        return self.syntax or self.media_type

    @property
    def names(self) -> tuple[str, ...]:
        """What `format=` may call it."""
        return (self.name, *self.aliases, self.media_type)


@dataclass(frozen=True)
class Preference:
    """One element of an Accept field: a range, its parameters and its quality."""

    range: str
    quality: float = 1.0
    parameters: Mapping[str, str] = field(default_factory=dict)


_ELEMENT = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*")+')
_RANGE = re.compile(r"\s*([!#$%&'*+.^_`|~\w-]+(?:/[!#$%&'*+.^_`|~\w-]+)?)\s*", re.ASCII)
_PARAMETER = re.compile(r';\s*(?:([!#$%&\'*+.^_`|~\w-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;"\s]*))?\s*', re.ASCII)
_QUALITY = re.compile(r"(?:0(?:\.[0-9]*)?|1(?:\.0*)?|\.[0-9]+)", re.ASCII)
_PROFILE = re.compile(r"<([^<>\s]*)>\s*(?:;\s*q=(0(?:\.[0-9]*)?|1(?:\.0*)?))?", re.ASCII)
# Longer than any honest field; what matching costs grows with the square of a field full of open quotes.
_MAX_FIELD = 4096


def preferences(lines: Iterable[str]) -> tuple[Preference, ...]:
    """Return the well-formed elements of one Accept-like field, which may come as several lines."""
    found = (_preference(element) for element in _ELEMENT.findall(",".join(lines)[:_MAX_FIELD]))
    return tuple(preference for preference in found if preference)


def _preference(element: str) -> Preference | None:
    name = _RANGE.match(element)
    if not name:
        return None
    parameters: dict[str, str] = {}
    place = name.end()
    while place < len(element):
        match = _PARAMETER.match(element, place)
        if not match:
            return None
        place = match.end()
        key, value = (match[1] or "").lower(), _unquoted(match[2] or "")
        if key == "q":
            # RFC 9110 §12.4.2: the weight ends the parameters that belong to the media range.
            weight = float(value) if _QUALITY.fullmatch(value) else None
            return None if weight is None else Preference(name[1].lower(), weight, parameters)
        if key:
            parameters[key] = value
    return Preference(name[1].lower(), 1.0, parameters)


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value


# A `charset` never rules a form out, since all we send is UTF-8; a `profile` asks, it does not demand.
_HARMLESS = frozenset({"charset", "profile"})


def specificity(preference: Preference, media_type: str) -> int | None:
    """Return how closely a media range names a media type (0 for `*/*`), or None where it does not match."""
    wanted = {name: value for name, value in preference.parameters.items() if name not in _HARMLESS}
    if wanted:
        return None
    if preference.range == media_type:
        return 2
    kind, _, rest = preference.range.partition("/")
    if rest != "*":
        # `*` alone is no media range, but old Java clients send it and mean `*/*`.
        return 0 if preference.range == "*" else None
    if kind == "*":
        return 0
    return 1 if kind == media_type.partition("/")[0] else None


def choose(accept: Sequence[str], offered: Sequence[Form], wanted: str | None = None) -> Form:
    """Return the form the client likes best: `format=` first, then Accept, then the order of the offer.

    Raises NotAcceptable with everything on offer where nothing fits.
    """
    if wanted:
        return profiled(named(wanted, offered), accept)
    ranges = preferences(accept)
    if not ranges:
        return offered[0]
    best = max(offered, key=lambda form: _rate(ranges, form.media_type))
    if _rate(ranges, best.media_type)[0] <= 0:
        raise NotAcceptable(", ".join(accept)[:200], [form.media_type for form in offered])
    return profiled(best, accept)


def profiled(form: Form, accept: Sequence[str]) -> Form:
    """Return a form in the profile that the client likes best, if it asks for one that the form has.

    A profile is a space-separated list of IRIs (JSON-LD 1.1 §6.2); those we do not have are passed over.
    """
    if not form.profiles:
        return form
    for preference in sorted(preferences(accept), key=lambda each: -each.quality):
        if preference.range == form.media_type and preference.quality > 0:
            for iri in preference.parameters.get("profile", "").split():
                name = iri.removeprefix(str(_JSONLD))
                if iri in _JSONLD and name in form.profiles:
                    return replace(form, profile=name)
    return form


def accepts_profile(lines: Iterable[str], iri: str) -> bool:
    """Return whether an Accept-Profile field asks for a profile (W3C, Content Negotiation by Profile §7)."""
    for named, quality in _PROFILE.findall(",".join(lines)[:_MAX_FIELD]):
        if named == iri and (not quality or float(quality) > 0):
            return True
    return False


def _rate(ranges: Iterable[Preference], media_type: str) -> tuple[float, int]:
    """Return the quality of the most specific range that matches, and how specific it is."""
    matches = [(level, p.quality) for p in ranges if (level := specificity(p, media_type)) is not None]
    if not matches:
        return (0.0, 0)
    level = max(level for level, _ in matches)
    return max(quality for found, quality in matches if found == level), level


def named(name: str, offered: Sequence[Form]) -> Form:
    """Return the form that `format=` names, by short name or media type; raises BadParameter."""
    # A `+` that was not percent-encoded arrives as a blank: `application/sparql-results json`.
    asked = name.strip().lower().replace(" ", "+")
    for form in offered:
        if asked in form.names:
            return form
    raise BadParameter(
        "format",
        "この形式では返せません。",
        "This resource has no such form.",
        found=name[:100],
        expected=", ".join(dict.fromkeys(form.name for form in offered)),
        example=offered[0].name,
    )


def language(accept_language: Sequence[str], wanted: str | None = None) -> Lang:
    """Return `ja` or `en`: what `lang=` says, else what Accept-Language prefers, else `ja`."""
    for lang in LANGUAGES:
        if wanted is not None and wanted.lower() == lang:
            return lang
    if wanted:
        expected = ", ".join(LANGUAGES)
        ja, en = "この言語はありません。", "There is no such language."
        raise BadParameter("lang", ja, en, found=wanted[:100], expected=expected, example="en")
    ranges = preferences(accept_language)
    rated = {lang: _best(ranges, _tag_specificity(lang)) for lang in LANGUAGES}
    return "en" if _beats(rated["en"], rated["ja"]) else "ja"


def _tag_specificity(lang: str) -> Callable[[str], int | None]:
    def level(tag: str) -> int | None:
        if tag == "*":
            return 0
        # `ja-JP` asks for Japanese as written in Japan, and ours is.
        return 1 if tag.partition("-")[0] == lang else None

    return level


def _best(ranges: Iterable[Preference], level_of: Callable[[str], int | None]) -> float | None:
    """Return the quality of the closest ranges that match, or None where none does."""
    matches = [(level, p.quality) for p in ranges if (level := level_of(p.range)) is not None]
    return max(matches)[1] if matches else None


def _beats(one: float | None, other: float | None) -> bool:
    """Whether a language is preferred; to be named with q=0 is worse than not to be named."""
    if one is None:
        return other == 0
    return one > (other or 0)


_JSONLD = Namespace("jsonld")
CODINGS = ("zstd", "gzip")


def coding(accept_encoding: Sequence[str]) -> str | None:
    """Return the content coding to send, `zstd` or `gzip`, or None for the plain bytes."""
    ranges = preferences(accept_encoding)

    def level(name: str) -> Callable[[str], int | None]:
        return lambda found: 1 if found == name else 0 if found == "*" else None

    rated = {name: _best(ranges, level(name)) or 0.0 for name in CODINGS}
    best = max(CODINGS, key=lambda name: rated[name])
    plain = _best(ranges, lambda found: 1 if found == "identity" else None)
    # RFC 9110 §12.5.3: plain bytes are always acceptable, but liked better only where they are named.
    return best if rated[best] > 0 and rated[best] >= (plain or 0) else None
