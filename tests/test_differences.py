"""The difference of two releases: a patch that makes one of the other, and what it is about."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Triple

from pfgraph.messages import Text
from pfgraph.namespaces import GRAPH, ID, PF, RDF, RDFS
from pfgraph.publish.publication import Terms
from pfgraph.publish.publication import publish as write
from pfgraph.publish.updates import Update
from pfgraph.releases import export, layers
from pfgraph.releases.differences import Difference, about
from pfgraph.releases.differences import difference as compared
from pfgraph.releases.release import Release
from pfgraph.releases.shelf import Shelf
from sites import publish

CITY, PLATFORM, STATEMENT = ID["government/312011"], ID["platform/312011-1"], ID["statement/312011-1"]


def city(name: str) -> list[Triple]:
    """Return what is said of a city of some name."""
    return [
        Triple(CITY, RDF.type, PF.Municipality),
        Triple(CITY, RDFS.label, Literal(name, language="ja")),
        Triple(CITY, RDFS.label, Literal("Tottori City", language="en")),
    ]


def platform() -> list[Triple]:
    """Return what is said of a platform of the city, and which statement says so."""
    return [
        Triple(PLATFORM, RDF.type, PF.Platform),
        Triple(PLATFORM, PF.leadGovernment, CITY),
        Triple(PLATFORM, PF.statedIn, STATEMENT),
        Triple(STATEMENT, RDF.type, PF.Statement),
        Triple(NamedNode(f"{STATEMENT.value}#span"), RDF.type, PF.Span),
    ]


def other() -> list[Triple]:
    """Return what is said of another city."""
    return [Triple(ID["government/401005"], RDF.type, PF.Municipality)]


def released(home: Path, *triples: list[Triple]) -> Release:
    """Publish a release of these triples."""
    return publish(home, {GRAPH.x.value: [each for part in triples for each in part]})


def difference(before: Release, after: Release) -> Difference:
    """Return what two releases of one home differ in."""
    return compared(Shelf(before.path.parent.parent), before, after)


def applied(patch: bytes, quads: bytes) -> bytes:
    """Return N-Quads after a patch."""
    rows = patch.decode().split("\n")
    lines = set(quads.decode().split("\n"))
    lines -= {row[2:] for row in rows if row.startswith("D ")}
    lines |= {row[2:] for row in rows if row.startswith("A ")}
    return "\n".join([*sorted(lines - {""}), ""]).encode()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sets(st.text('aあ\u2028\n"\\', max_size=3), min_size=1), min_size=2, max_size=2))
def test_a_patch_makes_the_later_of_the_earlier(tmp_path: Path, names: list[set[str]]) -> None:
    """Applied to the quads of one release, the patch gives those of the other."""
    before, after = (released(tmp_path, *(city(name) for name in sorted(each))) for each in names)
    patch = difference(before, after).patch()

    assert applied(patch, export.n_quads(before)) == export.n_quads(after)


def test_the_difference_of_a_release_and_itself_is_empty(tmp_path: Path) -> None:
    """What did not change is not told."""
    release = released(tmp_path, city("鳥取市"))
    found = difference(release, release)

    assert (found.removed, found.added, found.things, dict(found.counts)) == ((), (), (), {})


def test_things_are_added_removed_or_changed(tmp_path: Path) -> None:
    """Each thing is told once, with what became of it, and counted with its class."""
    before, after = released(tmp_path, city("鳥取"), other()), released(tmp_path, city("鳥取市"), platform())
    kinds = {thing.iri: thing.kind for thing in difference(before, after).things}

    assert kinds[CITY.value] == "changed"
    assert kinds[PLATFORM.value] == "added"
    assert kinds[ID["government/401005"].value] == "removed"
    assert difference(before, after).counts[PF.Municipality.value] == {"added": 0, "removed": 1, "changed": 1}


def test_a_change_has_both_values(tmp_path: Path) -> None:
    """What was said and what is said stand side by side."""
    before, after = released(tmp_path, city("鳥取")), released(tmp_path, city("鳥取市"))
    (thing,) = difference(before, after).things
    (change,) = thing.changes

    assert change.property == RDFS.label.value
    assert (change.removed, change.added) == ((Literal("鳥取", language="ja"),), (Literal("鳥取市", language="ja"),))


def test_things_have_the_names_of_the_later_release(tmp_path: Path) -> None:
    """A thing that was renamed is told under its new name."""
    found = difference(released(tmp_path, city("鳥取")), released(tmp_path, city("鳥取市")))

    assert found.names[CITY.value] == Text("鳥取市", "Tottori City")


def test_a_fact_that_moved_to_another_file_changed_nothing(tmp_path: Path) -> None:
    """Quads differ, but what is said of the thing is the same."""
    before = publish(tmp_path, {GRAPH.x.value: city("鳥取市")})
    after = publish(tmp_path, {GRAPH.y.value: city("鳥取市")})
    found = difference(before, after)

    assert found.removed
    assert found.things == ()


def test_to_a_thing_belongs_what_links_to_it(tmp_path: Path) -> None:
    """A city's platform, the statement that says so and where it stands are the city's; another city is not."""
    before, after = released(tmp_path, city("鳥取市")), released(tmp_path, city("鳥取市"), platform(), other())
    found = {thing.iri for thing in about(difference(before, after), CITY.value)}

    assert found == {PLATFORM.value, STATEMENT.value, f"{STATEMENT.value}#span"}


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(["INSERT", "DELETE"]), st.integers(0, 3)), min_size=2, max_size=5), st.data())
def test_changes_tell_what_all_lines_tell(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]], data: st.DataObject
) -> None:
    """Releases that are laid on a common one differ in what their changes come to, also when that one was removed."""
    home = tmp_path_factory.mktemp("home")
    # So many that a change is laid on them, and makes no store of its own.
    many = [Triple(ID[f"x/{number}"], RDFS.label, Literal(number)) for number in range(500)]
    made = [publish(home, {GRAPH.x.value: many})]
    shelf = Shelf(home)
    for number, (operation, place) in enumerate(steps):
        thing = f"{ID[f'y/{number}']} {RDFS.label} '{number}\\u2028'@ja . _:b <urn:p> 1"
        text = (
            f"{operation} DATA {{ GRAPH {GRAPH.x} {{ {ID[f'x/{place}']} {RDFS.label} {place} }} }} ; "
            f"INSERT DATA {{ GRAPH {GRAPH.y} {{ {thing} }} }}"
        )
        outcome = write(shelf, lambda e, text=text: e.update(Update(text)), Terms(frozenset({"write"})))  # type: ignore[misc]
        made.append(outcome.release)
    if data.draw(st.booleans()):
        shelf.prune(len(steps))
    left = [release for release in made if release.path.exists()]
    before, after = (data.draw(st.sampled_from(left)) for _ in range(2))
    told = difference(before, after)
    monkeypatch = pytest.MonkeyPatch()
    with monkeypatch.context() as without:
        without.setattr(layers, "between", lambda *_: None)
        in_full = difference(before, after)

    assert layers.between(shelf, before, after) is not None
    assert (told.removed, told.added, told.things) == (in_full.removed, in_full.added, in_full.things)


def test_releases_of_no_common_ground_are_compared_in_full(tmp_path: Path) -> None:
    """Releases that were each built from files are compared line by line."""
    before, after = released(tmp_path, city("鳥取")), released(tmp_path, city("鳥取市"))

    assert layers.between(Shelf(tmp_path), before, after) is None
    assert difference(before, after).removed
