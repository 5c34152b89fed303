"""A release: everything needed to answer, in one directory."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
from hashlib import sha256, shake_128
from pathlib import Path

import pytest
from pyoxigraph import Store

from pfgraph.errors import ReleaseError
from pfgraph.releases import pipeline
from pfgraph.releases.export import FORMS
from pfgraph.releases.release import Release, freeze
from trees import PLATFORMS, write_tree


def frozen(root: Path, path: Path) -> Release:
    """Return a release of the sources under a root."""
    parts = pipeline.build(root)
    path.mkdir()
    return freeze(parts.dataset, parts.report, parts.tree, path)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Return a release of a small tree, for tests to copy."""
    path = tmp_path_factory.mktemp("first")
    return frozen(write_tree(path / "sources"), path / "release")


@pytest.fixture
def release(first: Release, tmp_path: Path) -> Release:
    """Return a release of a small tree, whose sources are elsewhere."""
    return Release.open(Path(shutil.copytree(first.path, tmp_path / "release")))


def test_the_id_is_the_beginning_of_the_digest(release: Release) -> None:
    """A release is named after what it holds."""
    assert release.manifest.digest.startswith(release.id)
    assert len(release.id) == 16


def test_the_digest_is_over_the_lines_of_the_dump(release: Release) -> None:
    """Whoever has the dump can compute the digest: the SHA-256 of a sum of SHAKE-128 values, one for each line."""
    lines = gzip.decompress(release.dump_path.read_bytes()).splitlines()
    total = sum(int.from_bytes(shake_128(line).digest(512), "little") for line in lines) % 2**4096

    assert sha256(total.to_bytes(512, "little")).hexdigest() == release.manifest.digest


def test_the_store_holds_what_the_dump_holds(release: Release) -> None:
    """The store's quads, sorted, are the dump's lines."""
    lines = gzip.decompress(release.dump_path.read_bytes()).decode().removesuffix("\n").split("\n")

    assert sorted(f"{quad} ." for quad in Store.read_only(str(release.store_path))) == lines


def test_equal_sources_give_equal_digests(tmp_path: Path, release: Release) -> None:
    """Two roots with the same files give releases of the same digest and the same bytes of the dump."""
    again = frozen(write_tree(tmp_path / "again"), tmp_path / "again-release")

    assert again.manifest.digest == release.manifest.digest
    assert again.dump_path.read_bytes() == release.dump_path.read_bytes()


def test_other_facts_give_another_id(tmp_path: Path, release: Release) -> None:
    """A changed fact makes another release."""
    more = PLATFORMS + "platform:312011-2 a pf:Platform ; pf:leadGovernment government:312011 ."
    other = frozen(write_tree(tmp_path / "other", data__platforms=more), tmp_path / "other-release")

    assert other.id != release.id


def test_a_release_needs_its_sources_no_more(release: Release) -> None:
    """A release is self-contained: wherever it is copied, its queries are read from it."""
    assert list(release.queries()) == ["platforms"]


def test_the_manifest_is_read_as_it_was_written(release: Release) -> None:
    """Opening a release gives the manifest it was frozen with."""
    assert Release.open(release.path) == release


def test_the_manifest_says_what_it_was_made_from(release: Release) -> None:
    """Source files with their digests, counts, versions and the time in UTC are in the manifest."""
    manifest = json.loads((release.path / "manifest.json").read_text(encoding="utf-8"))

    assert manifest["ontology"] == "0.1.0"
    assert manifest["created"].endswith("Z")
    assert "data/platforms.ttl" in manifest["sources"]
    assert manifest["triples"] > 0


def test_the_report_is_beside_the_data(release: Release) -> None:
    """The validation report is kept as JSON and as Turtle."""
    assert json.loads(release.report_path.read_text(encoding="utf-8"))["conforms"] is True
    assert (release.path / "report.ttl").is_file()


def test_an_untouched_release_has_no_faults(release: Release) -> None:
    """What was frozen verifies."""
    assert list(release.faults()) == []


def test_a_changed_file_is_a_fault(release: Release) -> None:
    """A file with other bytes than the manifest says is named."""
    (release.path / "queries" / "platforms.rq").write_text("ASK {}", encoding="utf-8")

    assert list(release.faults()) == ["queries/platforms.rq"]


def test_a_changed_store_is_a_fault(release: Release) -> None:
    """A store with one quad less does not have the digest of the manifest."""
    store = Store(str(release.store_path))
    store.remove(next(iter(store)))
    store.flush()
    del store

    assert list(release.faults()) == ["store"]


def test_a_damaged_store_is_a_fault(release: Release) -> None:
    """A store whose files were overwritten is a fault, not a crash."""
    for path in release.store_path.glob("*.sst"):
        path.write_bytes(path.read_bytes()[::-1])

    assert list(release.faults()) == ["store"]


def test_a_directory_without_a_manifest_is_no_release(tmp_path: Path) -> None:
    """What has no manifest is refused in words."""
    with pytest.raises(ReleaseError) as caught:
        Release.open(tmp_path)

    assert "manifest.json" in str(caught.value)


@pytest.mark.parametrize("form", FORMS)
def test_a_release_is_written_in_every_syntax(release: Release, form: str) -> None:
    """Each form of export says that the platform is led by Tottori."""
    content = FORMS[form](release).decode()

    assert "312011-1" in content
    assert "鳥取市" in content


def test_a_full_disk_is_told_in_words(tmp_path: Path) -> None:
    """A write that the system cuts off ends in a ReleaseError, and no release appears."""
    root = write_tree(tmp_path / "sources")
    script = f"""
import resource, signal
from pathlib import Path
from pfgraph.errors import ReleaseError
from pfgraph.releases import pipeline
from pfgraph.releases.shelf import Shelf
shelf = Shelf(Path({str(tmp_path / "home")!r}))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    pipeline.make(Path({str(root)!r}), shelf)
except ReleaseError as error:
    print(error)
print(shelf.current(), shelf.all())
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert "The current release is as it was." in run.stdout
    assert run.stdout.endswith("None []\n")
