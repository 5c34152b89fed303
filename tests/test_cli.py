"""The commands, as a person or a machine runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from pfgraph.graph.dataset import digest
from trees import PLATFORMS, QUERY, write_tree, write_turtle


class Commands:
    """Runs `pfgraph` on a small tree, with a home of its own."""

    def __init__(self, path: Path) -> None:
        self.root = write_tree(path / "sources")
        self.home = path / "home"

    def environ(self) -> dict[str, str]:
        """Return the environment that points to the tree."""
        ours = {"PFGRAPH_SOURCES": str(self.root), "PFGRAPH_HOME": str(self.home)}
        return {**os.environ, **ours, "PYTHONWARNINGS": "error"}

    def run(self, *args: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Return what a command printed, and its exit status."""
        command = [sys.executable, "-m", "pfgraph", *args]
        return subprocess.run(command, capture_output=True, text=True, check=False, env=self.environ(), input=stdin)


@pytest.fixture
def pfgraph(tmp_path: Path) -> Commands:
    """Return the commands on a small tree."""
    return Commands(tmp_path)


def break_data(pfgraph: Commands, old: str, new: str) -> None:
    """Change the small tree's data file."""
    write_turtle(pfgraph.root / "data" / "platforms.ttl", PLATFORMS.replace(old, new))


def test_a_tree_in_order_passes_the_check(pfgraph: Commands) -> None:
    """`check` says so in both languages, and ends with 0."""
    run = pfgraph.run("check")

    assert run.returncode == 0, run.stderr
    assert "問題ありません" in run.stdout
    assert "All is well" in run.stdout


def test_an_error_is_told_in_both_languages(pfgraph: Commands) -> None:
    """A misspelt concept ends with 1, and stderr says where, in Japanese and English."""
    break_data(pfgraph, "stage:existing", "stage:existng")
    run = pfgraph.run("check")

    assert run.returncode == 1
    assert "data/platforms.ttl:" in run.stderr
    assert "stage:existing のことですか" in run.stderr
    assert "Did you mean stage:existing?" in run.stderr


def test_an_error_is_told_to_machines_as_json(pfgraph: Commands) -> None:
    """With --json the errors are on stdout, with file and line."""
    break_data(pfgraph, "stage:existing", "stage:existng")
    told = json.loads(pfgraph.run("check", "--json").stdout)

    assert told["ok"] is False
    assert told["errors"][0]["file"] == "data/platforms.ttl"
    assert told["errors"][0]["message"].keys() == {"ja", "en"}


def test_fix_restores_canonical_bytes(pfgraph: Commands) -> None:
    """A file in another form fails the check, and passes it after --fix."""
    path = pfgraph.root / "data" / "platforms.ttl"
    before = path.read_bytes()
    path.write_bytes(before + b"\n")
    unfixed = pfgraph.run("check").returncode
    fixed = pfgraph.run("check", "--fix").returncode

    assert (unfixed, fixed) == (1, 0)
    assert path.read_bytes() == before


def test_a_build_publishes_nothing(pfgraph: Commands) -> None:
    """`build` prints the digest, and leaves no home."""
    built = json.loads(pfgraph.run("build", "--json").stdout)

    assert len(built["digest"]) == 64
    assert not pfgraph.home.exists()


def test_a_build_writes_the_lines_of_its_digest(pfgraph: Commands, tmp_path: Path) -> None:
    """The N-Quads a build writes have the digest it prints."""
    built = json.loads(pfgraph.run("build", "--json", "--output", str(tmp_path / "all.nq")).stdout)

    assert digest((tmp_path / "all.nq").read_text(encoding="utf-8").removesuffix("\n").split("\n")) == built["digest"]


def test_a_release_is_published_once(pfgraph: Commands) -> None:
    """The first release is new; the same sources again are not."""
    first, second = (json.loads(pfgraph.run("release", "--json").stdout) for _ in range(2))

    assert (first["new"], second["new"]) == (True, False)
    assert first["id"] == second["id"]


def test_violations_leave_the_current_release(pfgraph: Commands) -> None:
    """Data that violate a shape end with 1 and its message; the release stays."""
    before = json.loads(pfgraph.run("release", "--json").stdout)["id"]
    break_data(pfgraph, "pf:leadGovernment government:312011 ; ", "")
    run = pfgraph.run("release")
    (listed,) = json.loads(pfgraph.run("releases", "--json").stdout)

    assert run.returncode == 1
    assert "設置主体がありません。" in run.stderr
    assert "There is no lead government." in run.stderr
    assert (listed["id"], listed["current"]) == (before, True)


def test_releases_can_be_listed_verified_and_used(pfgraph: Commands) -> None:
    """The list marks the current release; verify compares digests; use goes back."""
    old = json.loads(pfgraph.run("release", "--json").stdout)["id"]
    break_data(pfgraph, "stage:existing", "stage:planned")
    pfgraph.run("release")
    verified = pfgraph.run("releases", "verify")
    used = pfgraph.run("releases", "use", old)
    current = [r["id"] for r in json.loads(pfgraph.run("releases", "--json").stdout) if r["current"]]

    assert verified.returncode == 0
    assert verified.stdout.count("✓") == 2
    assert used.returncode == 0
    assert current == [old]


def test_a_damaged_release_fails_verification(pfgraph: Commands) -> None:
    """verify names what is damaged and ends with 1."""
    release = json.loads(pfgraph.run("release", "--json").stdout)["id"]
    (pfgraph.home / "releases" / release / "queries" / "platforms.rq").write_text("ASK {}", encoding="utf-8")
    run = pfgraph.run("releases", "verify")

    assert run.returncode == 1
    assert "queries/platforms.rq" in run.stdout


def test_pruning_keeps_as_many_as_asked(pfgraph: Commands) -> None:
    """prune --keep 1 leaves the current release."""
    pfgraph.run("release")
    break_data(pfgraph, "stage:existing", "stage:planned")
    current = json.loads(pfgraph.run("release", "--json").stdout)["id"]
    pfgraph.run("releases", "prune", "--keep", "1")

    assert [r["id"] for r in json.loads(pfgraph.run("releases", "--json").stdout)] == [current]


def test_a_query_is_answered_by_name(pfgraph: Commands) -> None:
    """Asked for JSON, a query gives SPARQL results; the first release is made on the way."""
    results = json.loads(pfgraph.run("query", "platforms", "--json").stdout)

    assert results["head"]["vars"] == ["platform", "government"]
    assert len(results["results"]["bindings"]) == 1


def test_a_query_takes_its_parameters_as_options(pfgraph: Commands) -> None:
    """An argument that fits nothing gives no rows; both ways to write an option are read."""
    nowhere = "https://w3id.org/pfgraph/id/government/999999"
    spaced = pfgraph.run("query", "platforms", "--government", nowhere, "--format", "csv")
    joined = pfgraph.run("query", "platforms", f"--government={nowhere}", "--format", "csv")

    assert spaced.stdout.splitlines() == joined.stdout.splitlines() == ["platform,government"]


def test_a_table_has_short_names(pfgraph: Commands) -> None:
    """For a person, IRIs are prefixed names in columns."""
    lines = pfgraph.run("query", "platforms").stdout.splitlines()

    assert lines[0].split() == ["platform", "government"]
    assert lines[2].split() == ["platform:312011-1", "government:312011"]


@pytest.mark.parametrize(
    ("args", "meant"),
    [
        (("query", "platfroms"), "platforms"),
        (("query", "platforms", "--goverment", "x"), "government"),
        (("query", "platforms", "stray"), "--government"),
    ],
)
def test_a_slip_is_told_with_what_was_meant(pfgraph: Commands, args: tuple[str, ...], meant: str) -> None:
    """A misspelt query or parameter ends with 1, and the right name is shown."""
    run = pfgraph.run(*args)

    assert run.returncode == 1
    assert meant in run.stderr


def test_queries_are_listed(pfgraph: Commands) -> None:
    """Without a name, `query` lists what can be asked."""
    run = pfgraph.run("query")

    assert "platforms" in run.stdout
    assert "--government" in run.stdout


def test_sparql_is_answered(pfgraph: Commands) -> None:
    """SPARQL is answered from the command line and from stdin."""
    ask = "ASK { ?s a <https://w3id.org/pfgraph/ns#Platform> }"

    assert pfgraph.run("sparql", ask).stdout == pfgraph.run("sparql", "-", stdin=ask).stdout == "true\n"


def test_a_graph_is_answered_as_turtle(pfgraph: Commands) -> None:
    """CONSTRUCT gives Turtle, and refuses the forms of solutions."""
    construct = "CONSTRUCT WHERE { ?s <https://w3id.org/pfgraph/ns#platformStatus> ?o }"

    assert "312011-1" in pfgraph.run("sparql", construct).stdout
    assert pfgraph.run("sparql", construct, "--format", "csv").returncode == 1


def test_malformed_sparql_is_told(pfgraph: Commands) -> None:
    """A syntax error ends with 1, in both languages."""
    run = pfgraph.run("sparql", "SELECT * WHERE {")

    assert run.returncode == 1
    assert len(run.stderr.strip().splitlines()) >= 2


def test_newer_sources_are_noted(pfgraph: Commands) -> None:
    """A question to a release older than the sources is answered, with a note on stderr."""
    pfgraph.run("release")
    break_data(pfgraph, "stage:existing", "stage:planned")
    run = pfgraph.run("query", "platforms")

    assert run.returncode == 0
    assert "The sources have changed" in run.stderr


@pytest.mark.parametrize("form", ["nq", "trig", "ttl", "nt", "rdf", "csv"])
def test_a_release_is_exported(pfgraph: Commands, form: str) -> None:
    """Every form of export holds the platform."""
    assert "312011-1" in pfgraph.run("export", "--format", form).stdout


def test_the_export_has_the_digest_of_the_release(pfgraph: Commands) -> None:
    """The exported N-Quads are what the digest is over."""
    released = json.loads(pfgraph.run("release", "--json").stdout)["digest"]

    assert digest(pfgraph.run("export").stdout.removesuffix("\n").split("\n")) == released


def test_a_file_that_conforms_is_told(pfgraph: Commands, tmp_path: Path) -> None:
    """A file is judged together with the data it refers to."""
    path = tmp_path / "more.ttl"
    write_turtle(path, "platform:312011-2 a pf:Platform ; pf:leadGovernment government:312011 .")

    assert pfgraph.run("validate", str(path)).returncode == 0


@pytest.mark.parametrize("engine", ["shifty", "pyshacl"])
def test_a_file_that_violates_ends_with_1(pfgraph: Commands, tmp_path: Path, engine: str) -> None:
    """Both engines find the violation, and the report has file and line."""
    path = tmp_path / "more.ttl"
    write_turtle(path, "platform:312011-2 a pf:Platform .")
    run = pfgraph.run("validate", str(path), "--engine", engine, "--format", "json")
    (result,) = json.loads(run.stdout)["results"]

    assert run.returncode == 1
    assert result["where"]["file"].endswith("more.ttl")
    assert result["where"]["line"]


def test_turtle_in_any_form_is_validated(pfgraph: Commands, tmp_path: Path) -> None:
    """Comments and blank nodes are no fault in a file that is no source."""
    path = tmp_path / "more.ttl"
    path.write_text("# a remark\n[] a <https://w3id.org/pfgraph/ns#Platform> .\n", encoding="utf-8")
    run = pfgraph.run("validate", str(path), "--format", "turtle")

    assert run.returncode == 1
    assert "sh:ValidationReport" in run.stdout


def test_a_file_that_does_not_parse_is_told(pfgraph: Commands, tmp_path: Path) -> None:
    """A syntax error ends with 1, with file and line."""
    path = tmp_path / "more.nt"
    path.write_text("<a> <b>\n", encoding="utf-8")
    run = pfgraph.run("validate", str(path))

    assert run.returncode == 1
    assert "more.nt:1" in run.stderr


def test_the_source_is_verified(pfgraph: Commands, tmp_path: Path) -> None:
    """verify-source ends with 0 where all spans fit, and with 1 for another text."""
    text = tmp_path / "text.txt"
    text.write_text("本文", encoding="utf-8")
    printed = sha256("本文".encode()).hexdigest()
    document = f'document:d a pf:SourceDocument ; pf:textDigest "{printed}"^^xsd:hexBinary .'
    write_turtle(pfgraph.root / "ontology" / "document.ttl", document)
    fits = pfgraph.run("verify-source", str(text)).returncode
    text.write_text("別の本文", encoding="utf-8")
    run = pfgraph.run("verify-source", str(text), "--json")

    assert (fits, run.returncode) == (0, 1)
    assert json.loads(run.stdout)["mismatches"]


@pytest.mark.parametrize("args", ["chek", "check --fxi", "validate no-such-file.ttl", "sparql"])
def test_wrong_usage_ends_with_2(pfgraph: Commands, args: str) -> None:
    """What the command line does not offer is a usage error."""
    assert pfgraph.run(*args.split()).returncode == 2


def test_a_wrong_setting_is_told(pfgraph: Commands) -> None:
    """A variable that cannot be a setting ends with 1, with its name."""
    environ = {**pfgraph.environ(), "PFGRAPH_PORT": "many"}
    command = [sys.executable, "-m", "pfgraph", "releases"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, env=environ)

    assert run.returncode == 1
    assert "PFGRAPH_PORT" in run.stderr


def test_help_is_in_both_languages(pfgraph: Commands) -> None:
    """The list of commands speaks Japanese and English."""
    out = pfgraph.run("--help").stdout

    assert "ソースを検査する" in out
    assert "check the sources" in out


def test_the_text_of_the_fixture_runs_as_it_is() -> None:
    """The query of the small tree is a query with a slot."""
    assert "VALUES ?government { UNDEF }" in QUERY
