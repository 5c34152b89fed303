"""What the shipped queries find is what the document says, traps and all."""

from __future__ import annotations

from pyoxigraph import Literal, NamedNode

from answers import QUERIES, STORE, column, rows
from pfgraph.namespaces import RDFS, SKOS, prefixes


def test_nine_take_part_in_fy2023() -> None:
    """Four prefectures and designated cities, five municipalities."""
    large = column("participants", "name", category="prefecture-designated")
    small = column("participants", "name", category="municipality")

    assert large == ["仙台市", "富山県", "北九州市", "福岡市"]
    assert small == ["座間市", "飯山市", "生駒市", "鳥取市", "福山市"]


def test_two_take_part_for_the_second_time() -> None:
    """Tottori and Kitakyushu, each with its reason."""
    found = rows("repeat-participants")

    assert [(row["name"], row["ordinal"]) for row in found] == [("鳥取市", "2"), ("北九州市", "2")]
    assert all(row["reason"] for row in found)


def test_published_totals_are_not_the_listed_ones() -> None:
    """Of 29 participants in FY2022, 18 are known; the list says that it is incomplete."""
    found = [
        (r["fiscalYear"], r["category"], r["published"], r["listed"], r["complete"]) for r in rows("programme-totals")
    ]

    assert found == [
        ("2022", "all", "29", "18", "false"),
        ("2022", "municipality", "17", "9", "false"),
        ("2022", "prefecture-designated", "12", "9", "false"),
        ("2023", "all", "9", "9", "true"),
        ("2023", "municipality", "5", "5", "true"),
        ("2023", "prefecture-designated", "4", "4", "true"),
    ]


def test_three_activities_are_marked() -> None:
    """Building, awareness and joint pilots carry ◎, three others do not."""
    marked = {row["activityType"]: row["marked"] for row in rows("activity-types")}

    assert {name for name, value in marked.items() if value == "true"} == {
        "platform-building",
        "awareness",
        "joint-pilot",
    }
    assert len(marked) == 6


def test_fukuyama_expands_what_is_not_said_to_exist() -> None:
    """Each participant has what the document says of its platform, no more."""
    found = [(row["name"], row["state"]) for row in rows("platform-mentions")]

    assert found == [
        ("仙台市", "not mentioned"),
        ("座間市", "not mentioned"),
        ("富山県", "planned"),
        ("飯山市", "planned"),
        ("生駒市", "planned"),
        ("鳥取市", "existing"),
        ("鳥取市", "expanding"),
        ("福山市", "expanding"),
        ("北九州市", "existing"),
        ("福岡市", "planned"),
    ]


def test_the_area_of_tottori_lies_in_two_prefectures() -> None:
    """Four of the six towns are in Tottori Prefecture, two in Hyogo Prefecture."""
    towns = [(r["prefecture"], r["name"]) for r in rows("area-members", coreCity="312011") if r["role"] == "partner"]

    assert towns == [
        ("兵庫県", "香美町"),
        ("兵庫県", "新温泉町"),
        ("鳥取県", "岩美町"),
        ("鳥取県", "若桜町"),
        ("鳥取県", "智頭町"),
        ("鳥取県", "八頭町"),
    ]


def test_only_existing_platforms_have_a_date() -> None:
    """A month where a month is printed, a fiscal year where only that is."""
    dated = {row["code"]: row["established"] for row in rows("platforms") if "established" in row}

    assert dated == {"312011": "FY2022", "401005": "2022-02"}


def test_one_of_five_bodies_has_legal_bases() -> None:
    """The meeting of Sendai rests on two acts; for the others no basis is stated."""
    found = {row["name"]: row.get("legalBases") for row in rows("coordination-bodies")}

    assert len(found) == 5
    assert {name: bases for name, bases in found.items() if bases} == {
        "仙台市つながる支援連絡会議": "生活困窮者自立支援法; 社会福祉法"
    }


def test_three_desks_have_names() -> None:
    """わんすてっぷ, あのね and ふきのとう."""
    names = "".join(column("support-services", "name"))

    assert len(rows("support-services")) == 3
    assert all(name in names for name in ("わんすてっぷ", "あのね", "ふきのとう"))


def test_the_secretariat_is_not_transferred() -> None:
    """The weaker words decide: a transfer to an NPO is under consideration."""
    (found,) = rows("secretariat-changes")

    assert (found["stage"], found["assigneeKind"]) == ("considered", "npo")


def test_fifteen_members_are_not_named() -> None:
    """The council's members are a number that says it is incomplete."""
    found = {row["name"]: (row["count"], row["complete"]) for row in rows("membership-counts")}

    assert found["北九州市孤独・孤立対策等連携協議会"] == ("15", "false")


def test_a_statement_is_its_own_evidence() -> None:
    """Asked for a statement, `evidence` gives that statement."""
    statement = rows("evidence", resource=f"{prefixes()['id']}change/401005-2")[-1]["statement"]

    assert column("evidence", "statement", resource=statement) == [statement]


def test_facts_under_the_mark_of_what_is_to_come_are_found() -> None:
    """Sendai's meeting and two works of Fukuoka exist already, though printed under ●."""
    found = column("statements", "code", modality="done", marker="future")

    assert found == ["041009", "401307", "401307"]


def test_statements_without_a_mark_are_none_of_either() -> None:
    """Asked for one mark, a query does not return what bears none."""
    assert set(column("statements", "marker", marker="present")) == {"present"}


def test_filters_narrow_each_other() -> None:
    """Government, theme, stage and channel of `initiatives` all hold at once."""
    every = rows("initiatives")
    narrow = rows("initiatives", government="342076", theme="hikikomori", stage="planned", channel="lecture")

    assert [row["name"] for row in narrow] == ["ひきこもりに関する講演会"]
    assert all(row in every for row in narrow)


def test_a_government_comes_with_the_names_of_what_it_mentions() -> None:
    """The graph of one government has its own things, and a name for every thing of ours they refer to."""
    found = STORE.query(QUERIES["government"].bind({"code": "312011"}))
    triples = list(found)  # type: ignore[arg-type]
    named = {t.subject for t in triples if t.predicate in (RDFS.label, SKOS.prefLabel)}
    ours = NamedNode(f"{prefixes()['government']}312011")

    assert {t.object for t in triples if t.subject == ours} >= {Literal("鳥取市", language="ja")}
    assert NamedNode(f"{prefixes()['government']}285854") in named
    assert NamedNode(f"{prefixes()['stage']}planned") in named
