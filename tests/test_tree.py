"""What is read from a root, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from pfgraph.errors import CatalogError, FormError, LinkError, QueryHeaderError, SourceError, SourcesRefused
from pfgraph.namespaces import GRAPH
from pfgraph.sources import tree as trees
from trees import CATALOG, PLATFORMS, QUERY, RULES, write_tree, write_turtle


def refused(root: Path) -> tuple[SourceError, ...]:
    """Return the errors a root is refused with."""
    with pytest.raises(SourcesRefused) as caught:
        trees.read(root)
    return caught.value.errors


def test_a_file_is_a_named_graph(tmp_path: Path) -> None:
    """The named graph of a file is its path from the root without the last suffix."""
    tree = trees.read(write_tree(tmp_path))

    assert set(tree.readings) == {
        GRAPH[name].value
        for name in (
            "ontology/prefixes",
            "ontology/pfgraph",
            "ontology/shapes",
            "ontology/rules",
            "ontology/concepts/stage",
            "data/catalog",
            "data/platforms",
        )
    }


def test_queries_are_known_by_name(tmp_path: Path) -> None:
    """A query's name is its file's."""
    tree = trees.read(write_tree(tmp_path))

    assert list(tree.queries) == ["platforms"]


def test_a_data_file_outside_the_catalogue_is_refused(tmp_path: Path) -> None:
    """Every data file has a dcat:Dataset in the catalogue."""
    root = write_tree(tmp_path, data__more="government:310000 a pf:Municipality .")

    errors = refused(root)

    assert [type(error) for error in errors] == [CatalogError]
    assert "graph/data/more" in errors[0].en


def test_a_catalogued_graph_without_a_file_is_refused(tmp_path: Path) -> None:
    """Every dcat:Dataset of a data graph has its file."""
    errors = refused(write_tree(tmp_path, data__catalog=CATALOG + "<graph/data/gone> a dcat:Dataset ."))

    assert [(type(error), error.file) for error in errors] == [(CatalogError, "data/catalog.ttl")]


def test_a_missing_catalogue_is_one_error(tmp_path: Path) -> None:
    """Without a catalogue there is one error, not one for each file."""
    root = write_tree(tmp_path)
    (root / "data" / "catalog.ttl").unlink()

    assert [type(error) for error in refused(root)] == [CatalogError]


def test_an_undescribed_iri_is_refused_where_it_is_used(tmp_path: Path) -> None:
    """An IRI of ours without a type is an error with file and line, and with the name that was meant."""
    root = write_tree(tmp_path, data__platforms=PLATFORMS.replace("stage:existing", "stage:existng"))
    line = (root / "data" / "platforms.ttl").read_text(encoding="utf-8").split("\n")

    (error,) = refused(root)

    assert isinstance(error, LinkError)
    assert error.file == "data/platforms.ttl"
    assert "stage:existng" in line[(error.line or 0) - 1]
    assert "stage:existng" in error.ja
    assert "Did you mean stage:existing?" in error.en


def test_an_undescribed_property_is_refused(tmp_path: Path) -> None:
    """A misspelt property of ours is found like any other IRI."""
    root = write_tree(tmp_path, data__platforms=PLATFORMS.replace("pf:leadGovernment", "pf:leadGoverment"))

    assert any("pf:leadGoverment" in error.en for error in refused(root))


def test_a_file_with_errors_does_not_make_its_neighbours_wrong(tmp_path: Path) -> None:
    """What an unreadable file may describe is not said to be undescribed."""
    root = write_tree(tmp_path)
    (root / "ontology" / "concepts" / "stage.ttl").write_text("this is no Turtle", encoding="utf-8")

    assert {error.file for error in refused(root)} == {"ontology/concepts/stage.ttl"}


def test_every_error_is_told_at_once(tmp_path: Path) -> None:
    """Errors of different kinds in different files are told together."""
    root = write_tree(tmp_path, data__platforms=PLATFORMS.replace("stage:existing", "stage:existng"))
    (root / "queries" / "broken.rq").write_text("#+ [\nASK {}\n", encoding="utf-8")
    (root / "data" / "table.xlsx").write_bytes(b"PK")

    assert {type(error) for error in refused(root)} >= {LinkError, QueryHeaderError, SourceError}


def test_two_files_cannot_be_one_graph(tmp_path: Path) -> None:
    """A table and a Turtle file of the same name are refused."""
    root = write_tree(tmp_path)
    (root / "data" / "platforms.csv").write_text("a\n", encoding="utf-8")

    assert any("data/platforms.csv" in error.en for error in refused(root))


@pytest.mark.parametrize("name", [".hidden.ttl", "~$platforms.xlsx", ".~lock.platforms.csv#"])
def test_files_of_editors_are_no_sources(tmp_path: Path, name: str) -> None:
    """Hidden files and the locks of spreadsheet programs are passed over."""
    root = write_tree(tmp_path)
    (root / "data" / name).write_bytes(b"x")

    assert f"data/{name}" not in trees.files(root)


def test_other_bytes_than_the_canonical_are_told_with_the_line(tmp_path: Path) -> None:
    """A file in another form is read, and told with the first line that differs."""
    root = write_tree(tmp_path)
    path = root / "data" / "platforms.ttl"
    path.write_text(path.read_text(encoding="utf-8").replace("    rdfs:label", "  rdfs:label"), encoding="utf-8")

    (error,) = trees.misshapen(trees.read(root))

    assert isinstance(error, FormError)
    assert path.read_text(encoding="utf-8").split("\n")[(error.line or 0) - 1].startswith("  rdfs:label")


def test_fixing_restores_the_canonical_bytes(tmp_path: Path) -> None:
    """After a fix every file has the bytes it had, and nothing is left to tell."""
    root = write_tree(tmp_path)
    path = root / "data" / "platforms.ttl"
    before = path.read_bytes()
    path.write_bytes(before.replace(b"    rdfs:label", b"  rdfs:label"))

    assert trees.fix(trees.read(root)) == ["data/platforms.ttl"]
    assert path.read_bytes() == before
    assert list(trees.misshapen(trees.read(root))) == []


def test_a_tree_in_order_is_not_touched(tmp_path: Path) -> None:
    """A fix of canonical files writes nothing."""
    assert trees.fix(trees.read(write_tree(tmp_path))) == []


def test_digests_change_with_the_bytes(tmp_path: Path) -> None:
    """A file's digest is of its bytes, so any edit is seen."""
    root = write_tree(tmp_path)
    before = trees.digests(root)
    write_turtle(root / "data" / "platforms.ttl", PLATFORMS + "platform:312011-2 a pf:Platform .")

    changed = {file for file, digest in trees.digests(root).items() if digest != before[file]}

    assert changed == {"data/platforms.ttl"}


def test_an_undescribed_name_in_a_query_is_refused(tmp_path: Path) -> None:
    """A query that asks for a property of ours that does not exist is refused, with its line."""
    root = write_tree(tmp_path)
    wrong = QUERY.replace("pf:leadGovernment", "pf:leadGoverment")
    (root / "queries" / "platforms.rq").write_text(wrong, encoding="utf-8")

    (error,) = refused(root)

    assert (type(error), error.file) == (LinkError, "queries/platforms.rq")
    assert "pf:leadGoverment" in wrong.split("\n")[(error.line or 0) - 1]


def test_an_undescribed_name_in_a_rule_is_refused(tmp_path: Path) -> None:
    """SPARQL inside rules and shapes is looked through as well."""
    errors = refused(write_tree(tmp_path, ontology__rules=RULES.replace("stage:existing", "stage:existng")))

    assert [(type(error), error.file) for error in errors] == [(LinkError, "ontology/rules.ttl")]


def test_a_namespace_in_a_query_is_no_name(tmp_path: Path) -> None:
    """A query may build names from a namespace."""
    root = write_tree(tmp_path)
    built = QUERY.replace("LIMIT 100", "LIMIT 100\n").replace(
        "}\nORDER",
        "  FILTER(STRSTARTS(STR(?platform), STR(<https://w3id.org/pfgraph/id/platform/>)))\n}\nORDER",
    )
    (root / "queries" / "platforms.rq").write_text(built, encoding="utf-8")

    assert list(trees.read(root).queries) == ["platforms"]
