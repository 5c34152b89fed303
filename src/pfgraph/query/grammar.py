"""The grammar of SPARQL queries, to say where one stops being SPARQL and what could stand there.

The engine's own parser reports the furthest place it has tried, which is often a word too far, and lists Unicode
ranges. This one only judges: it goes through the tokens with a stack of its own, so depth cannot overflow it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from pfgraph.sources.lexer import Token

END = "END"
# SPARQL 1.1 §19.8, written so that one token decides; expressions without their levels of precedence, since those
# decide what a query means and not whether it is one. Of 1.2 there are VERSION and LATERAL.
_RULES = """
Query      = Prologue ( Select | Construct | Describe | Ask ) Values END
Prologue   = ( BASE iri | PREFIX name iri | VERSION string )*
Select     = SelectWhat Dataset* Where Modifiers
SelectWhat = SELECT ( DISTINCT | REDUCED )? ( '*' | Projected+ )
Projected  = variable | '(' Expression AS variable ')'
Construct  = CONSTRUCT ( Template Dataset* Where | Dataset* WHERE Template ) Modifiers
Describe   = DESCRIBE ( '*' | VarOrIri+ ) Dataset* Where? Modifiers
Ask        = ASK Dataset* Where Modifiers
Dataset    = FROM ( Iri | NAMED Iri )
Where      = WHERE? Group
Modifiers  = ( GROUP BY Grouped+ )? ( HAVING Constraint+ )? ( ORDER BY Ordered+ )? Slice?
Grouped    = variable | Call | '(' Expression ( AS variable )? ')'
Ordered    = variable | Constraint | ( ASC | DESC ) Bracketed
Slice      = LIMIT integer ( OFFSET integer )? | OFFSET integer ( LIMIT integer )?
Values     = ( VALUES DataBlock )?
Group      = '{' ( SelectWhat Where Modifiers Values | Pattern ) '}'
Pattern    = Triples? ( NoTriples '.'? Triples? )*
Triples    = Subject ( '.' Triples? )?
NoTriples  = Group ( UNION Group )* | ( OPTIONAL | MINUS | LATERAL ) Group | GRAPH VarOrIri Group
           | SERVICE SILENT? VarOrIri Group | FILTER Constraint | BIND '(' Expression AS variable ')'
           | VALUES DataBlock
DataBlock  = variable '{' DataValue* '}' | '(' variable* ')' '{' ( '(' DataValue* ')' )* '}'
DataValue  = Iri | Literal | UNDEF
Constraint = Bracketed | Call
Template   = '{' Statements? '}'
Statements = Statement ( '.' Statements? )?
Statement  = Term Predicates | ( '[' Predicates ']' | '(' Node* ')' | '[' ']' ) Predicates?
Predicates = NodeList ( ';' NodeList? )*
NodeList   = Verb Node ( ',' Node )*
Verb       = variable | Iri | a
Node       = Term | '(' Node* ')' | '[' Predicates? ']'
Subject    = Term Paths | ( '(' PathNode* ')' | '[' Paths? ']' ) Paths?
Paths      = PathList ( ';' PathList? )*
PathList   = ( variable | Path ) PathNode ( ',' PathNode )*
PathNode   = Term | '(' PathNode* ')' | '[' Paths? ']'
Path       = PathStep ( ( '/' | '|' ) PathStep )*
PathStep   = '^'? ( Iri | a | '!' Negated | '(' Path ')' ) ( '?' | '*' | '+' )?
Negated    = OneOf | '(' ( OneOf ( '|' OneOf )* )? ')'
OneOf      = '^'? ( Iri | a )
Term       = variable | Iri | Literal | blank
VarOrIri   = variable | Iri
Iri        = iri | name
Literal    = Text | ( '+' | '-' )? Number | true | false
Number     = integer | number
Bracketed  = '(' Expression ')'
Expression = Operand ( Operator Operand | NOT? IN List )*
Operator   = '||' | '&&' | '=' | '!=' | '<' | '>' | '<=' | '>=' | '+' | '-' | '*' | '/'
Operand    = ( '!' | '+' | '-' )* Primary
Primary    = Bracketed | variable | Function | Iri Arguments? | Text | Number | true | false
Text       = string ( language | '^^' Iri )?
Call       = Function | Iri Arguments
Function   = function Arguments | NOT? EXISTS Group
Arguments  = '(' ( DISTINCT? ( '*' | Expression ) ( ',' Expression )* ( ';' SEPARATOR '=' string )? )? ')'
List       = '(' ( Expression ( ',' Expression )* )? ')'
"""
_FUNCTIONS = """
ABS ADJUST AVG BNODE BOUND CEIL COALESCE CONCAT CONTAINS COUNT DATATYPE DAY ENCODE_FOR_URI FLOOR
GROUP_CONCAT HASLANG HASLANGDIR HOURS IF IRI ISBLANK ISIRI ISLITERAL ISNUMERIC ISTRIPLE ISURI LANG
LANGDIR LANGMATCHES LCASE MAX MD5 MIN MINUTES MONTH NOW OBJECT PREDICATE RAND REGEX REPLACE ROUND
SAMETERM SAMPLE SECONDS SHA1 SHA256 SHA384 SHA512 STR STRAFTER STRBEFORE STRDT STRENDS STRLANG
STRLANGDIR STRLEN STRSTARTS STRUUID SUBJECT SUBSTR SUM TIMEZONE TRIPLE TZ UCASE URI UUID YEAR
"""
FUNCTIONS = frozenset(_FUNCTIONS.split())
# Beyond this many steps nobody waits for a better message.
_MAX_STEPS = 100_000


class Expr(NamedTuple):
    """A part of a rule: a terminal, a rule's name, or parts in sequence, to choose from, or to repeat."""

    kind: str
    name: str = ""
    parts: tuple[Expr, ...] = ()


@dataclass(frozen=True)
class Stop:
    """Where a text stops being a query, the token (None at the end), and the terminals that could stand there."""

    index: int
    token: Token | None
    expected: frozenset[str]


class Grammar:
    """Rules, and by which terminals each of their parts can begin."""

    def __init__(self, text: str) -> None:
        definitions = re.split(r"^(\w+) +=", text, flags=re.MULTILINE)[1:]
        pairs = zip(definitions[::2], definitions[1::2], strict=True)
        self.rules = {name: _Reader(definition).choice() for name, definition in pairs}
        self._first: dict[Expr, tuple[frozenset[str], bool]] = {}

    def first(self, expr: Expr) -> tuple[frozenset[str], bool]:
        """Return by which terminals a part can begin, and whether it can be nothing."""
        if expr not in self._first:
            self._first[expr] = self._compute(expr)
        return self._first[expr]

    def _compute(self, expr: Expr) -> tuple[frozenset[str], bool]:
        if expr.kind == "terminal":
            return frozenset({expr.name}), False
        if expr.kind == "rule":
            return self.first(self.rules[expr.name])
        found: frozenset[str] = frozenset()
        nothing = expr.kind in {"?", "*", "sequence"}
        for part in expr.parts:
            begins, empty = self.first(part)
            found |= begins
            if expr.kind == "choice":
                nothing = nothing or empty
            elif expr.kind == "sequence" and not empty:
                return found, False
        return found, nothing

    def stop(self, tokens: Sequence[Token]) -> Stop | None:
        """Return where tokens stop being a query, or None if they are one (or too long to tell)."""
        stack = [Expr("rule", "Query")]
        names = [terminal(token) for token in tokens] + [END]
        index, tried = 0, set[str]()
        for _ in range(_MAX_STEPS):
            if not stack:
                return None
            expr, here = stack.pop(), names[index]
            if expr.kind == "terminal":
                if expr.name != here:
                    token = tokens[index] if index < len(tokens) else None
                    return Stop(index, token, frozenset(tried | {expr.name}))
                index, tried = index + 1, set()
                continue
            begins, _ = self.first(expr)
            tried |= begins
            stack += self._instead(expr, here)
        return None

    def _instead(self, expr: Expr, here: str) -> Sequence[Expr]:
        """Return what stands on the stack in place of a part, the last first."""
        if expr.kind == "rule":
            return (self.rules[expr.name],)
        if expr.kind == "sequence":
            return expr.parts[::-1]
        if expr.kind == "choice":
            fits = [part for part in expr.parts if here in self.first(part)[0]]
            empty = [part for part in expr.parts if self.first(part)[1]]
            return (fits or empty or [expr.parts[0]])[:1]
        repeated = expr.parts[0]
        if expr.kind == "+":
            return (Expr("*", "", expr.parts), repeated)
        if here not in self.first(repeated)[0]:
            return ()
        return (repeated,) if expr.kind == "?" else (expr, repeated)


class _Reader:
    """What reads one definition."""

    def __init__(self, text: str) -> None:
        self._words = re.findall(r"'[^']+'|\w+|[()|?*+]", text)

    def choice(self) -> Expr:
        """Return the alternatives up to a closing parenthesis or the end."""
        parts = [self._sequence()]
        while self._words and self._words[0] == "|":
            self._words.pop(0)
            parts.append(self._sequence())
        return parts[0] if len(parts) == 1 else Expr("choice", "", tuple(parts))

    def _sequence(self) -> Expr:
        parts: list[Expr] = []
        while self._words and self._words[0] not in {"|", ")"}:
            word = self._words.pop(0)
            if word in {"?", "*", "+"}:
                parts.append(Expr(word, "", (parts.pop(),)))
            elif word == "(":
                parts.append(self.choice())
                self._words.pop(0)
            else:
                kind = "rule" if re.fullmatch("[A-Z]+[a-z]\\w*", word) else "terminal"
                parts.append(Expr(kind, word.strip("'")))
        return parts[0] if len(parts) == 1 else Expr("sequence", "", tuple(parts))


def terminal(token: Token) -> str:
    """Return which terminal of the grammar a token is."""
    if token.kind == "number":
        return "integer" if token.text.isdigit() else "number"
    if token.kind == "word" and token.text.isascii():
        if token.text in {"a", "true", "false"}:
            return token.text
        upper = token.text.upper()
        return "function" if upper in FUNCTIONS else upper
    return token.text if token.kind == "mark" else token.kind


@cache
def grammar() -> Grammar:
    """Return the grammar of a query."""
    return Grammar(_RULES)
