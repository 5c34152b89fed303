"""Dumps: a release as files, each with its SHA-256, all of them the same graph."""

from __future__ import annotations

import base64
import csv
import gzip
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from pyld import jsonld
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Store, Triple, parse

from pfgraph.namespaces import base_iri, expand
from pfgraph.releases import locks
from pfgraph.releases.release import Release
from pfgraph.web.dumps import Dumps
from pfgraph.web.tabular import table
from sites import Client, publish_shipped, serving
from test_contract import CLASSES, CONTEXT, FRAMES
from test_resources import CONTEXT as CONTEXT_DOCUMENT

Json = dict[str, Any]


def dump(client: Client, name: str) -> bytes:
    """Return a dump of the current release."""
    response = client.get(f"/dumps/{client.app.site.release().id}/{name}")
    assert response.status_code == 200
    return response.content


def default_graph(client: Client) -> set[Triple]:
    """Return the default graph of the current release."""
    store = Store.read_only(str(client.app.site.release().store_path))
    return {quad.triple for quad in store.quads_for_pattern(None, None, None, DefaultGraph())}


def unlisted(triples: set[Triple]) -> set[str]:
    """Return triples without those about blank nodes, which have other labels in every file."""
    return {str(t) for t in triples if "_:" not in str(t)}


@pytest.mark.parametrize(("name", "syntax"), [("nq", RdfFormat.N_QUADS), ("trig", RdfFormat.TRIG)])
def test_a_dump_holds_every_graph(shipped: Client, name: str, syntax: RdfFormat) -> None:
    """N-Quads and TriG hold the default graph and every named graph."""
    found = set(parse(gzip.decompress(dump(shipped, f"pfgraph.{name}.gz")), syntax))
    stored = set(Store.read_only(str(shipped.app.site.release().store_path)))

    def named(quads: set[Quad]) -> set[str]:
        return {str(quad) for quad in quads if "_:" not in str(quad)}

    assert named(found) == named(stored)
    assert len(found) == len(stored)


def test_the_turtle_is_the_default_graph(shipped: Client) -> None:
    """The Turtle dump is the default graph."""
    body = gzip.decompress(dump(shipped, "pfgraph.ttl.gz"))
    found = {quad.triple for quad in parse(body, RdfFormat.TURTLE)}

    assert unlisted(found) == unlisted(default_graph(shipped))
    assert len(found) == len(default_graph(shipped))


def test_the_json_ld_is_the_default_graph(shipped: Client) -> None:
    """The JSON-LD dump, under the context's own name, expands to the default graph."""
    document = json.loads(gzip.decompress(dump(shipped, "pfgraph.jsonld.gz")))

    def loader(url: str, _options: object) -> Json:
        assert url == f"{base_iri()}context/v1.jsonld"
        return {"contextUrl": None, "documentUrl": url, "document": CONTEXT_DOCUMENT}

    quads = jsonld.to_rdf(document, {"format": "application/n-quads", "documentLoader": loader})
    found = {quad.triple for quad in parse(quads, RdfFormat.N_QUADS)}

    assert unlisted(found) == unlisted(default_graph(shipped))
    assert len(found) == len(default_graph(shipped))


def test_digests_are_those_of_the_files(shipped: Client) -> None:
    """Every file has the length and the SHA-256 that the list, SHA256SUMS and the header tell."""
    listed = shipped.get("/dumps/current").json()
    lines = shipped.get("/dumps/current/SHA256SUMS").text.splitlines()
    sums = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}

    for each in listed:
        response = shipped.get(each["url"])
        digest = sha256(response.content)
        assert digest.hexdigest() == each["sha256"] == sums[each["name"]]
        assert len(response.content) == each["bytes"]
        assert response.headers["repr-digest"] == f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"


def test_the_current_dump_leads_to_the_releases_own(shipped: Client) -> None:
    """The address that does not change leads to the file that does not change."""
    response = shipped.get("/dumps/current/pfgraph.nq.gz")
    release = shipped.app.site.release()

    assert response.status_code == 307
    assert response.headers["location"] == f"/dumps/{release.id}/pfgraph.nq.gz"
    assert "immutable" in shipped.get(response.headers["location"]).headers["cache-control"]


@pytest.mark.parametrize("name", CLASSES)
def test_a_table_has_every_thing_of_its_class(shipped: Client, name: str) -> None:
    """The table of a class has a row for each member of its collection."""
    found = list(csv.DictReader(io.StringIO(dump(shipped, f"{name}.csv").decode())))

    assert len(found) == shipped.get(f"/collections/{name}?limit=1").json()["totalItems"]
    assert len({row["id"] for row in found}) == len(found)


@pytest.mark.parametrize("path", ["/dumps/current/none.gz", "/dumps/0000000000000000", "/dumps/x/pfgraph.nq.gz"])
def test_what_is_not_dumped_is_not_found(shipped: Client, path: str) -> None:
    """An unknown file or release is a 404."""
    assert shipped.get(path).status_code == 404


@pytest.mark.parametrize("text", ['=HYPERLINK("x")', "+1+1", "-1+1", "@SUM(A1)", "\tx", "\r=1"])
def test_a_table_holds_no_formula(text: str) -> None:
    """A text that a spreadsheet program would run is led by an apostrophe."""
    frame, label = FRAMES.by_name["Platform"], expand("rdfs:label").value
    content = table(frame, {"urn:x": {label: [Literal(text, language="ja")]}}, CONTEXT)
    (row,) = csv.DictReader(io.StringIO(content.decode(), newline=""))

    assert row["label.ja"] == f"'{text}"


def test_a_table_keeps_numbers_and_several_values() -> None:
    """A negative number is a number, and several values stand in one cell, told apart by a semicolon."""
    frame = FRAMES.by_name["Platform"]
    said: dict[str, list[object]] = {
        expand("pf:establishedYear").value: [Literal(-1)],
        expand("pf:covers").value: [NamedNode("urn:b"), NamedNode("urn:a")],
    }
    (row,) = csv.DictReader(io.StringIO(table(frame, {"urn:x": said}, CONTEXT).decode()))

    assert row == {"id": "urn:x", "establishedYear": "-1", "covers": "urn:a;urn:b"}


def test_the_catalogue_waits_for_no_dump(tmp_path: Path) -> None:
    """Asked before there are dumps, the catalogue names them all; once they are made, it has their digests as well."""
    publish_shipped(tmp_path)
    with serving(tmp_path) as client:
        first = client.get("/catalog.nt")
        made = client.get("/dumps/current").json()
        second = client.get("/catalog.nt")

    assert first.headers["cache-control"] == "no-store"
    assert second.headers["cache-control"] != "no-store"
    for each in made:
        assert f"/{each['name']}>" in first.text
        assert each["sha256"] not in first.text
        assert each["sha256"] in second.text
    assert set(first.text.splitlines()) < set(second.text.splitlines())


def test_dumps_that_cannot_be_written_are_tried_again(tmp_path: Path) -> None:
    """Where the dumps cannot be written, who asks for them is told, and they are made once they can be."""
    publish_shipped(tmp_path)
    (tmp_path / "dumps").write_text("in the way")
    with serving(tmp_path) as client:
        catalogue = client.get("/catalog.nt")
        refused = client.get("/dumps/current")
        (tmp_path / "dumps").unlink()
        made = client.get("/dumps/current")

    assert (refused.status_code, catalogue.status_code, made.status_code) == (503, 200, 200)


@contextmanager
def waiting(home: Path, release: Release) -> Iterator[subprocess.Popen[bytes]]:
    """Lend a process as a server has it, which waits until the dumps' directory is not ours any more."""
    command = [sys.executable, "-m", "pfgraph.web.dumps", str(home), release.id]
    place = home / "dumps" / release.id
    place.mkdir(parents=True)
    with locks.alone(place), subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def test_what_makes_dumps_ends_with_its_server(tmp_path: Path) -> None:
    """Whoever had dumps made and is gone leaves no process that goes on for minutes."""
    with waiting(tmp_path, publish_shipped(tmp_path)) as process:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=2)
        assert process.stdin is not None
        process.stdin.close()

        assert process.wait(timeout=5) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="others have nice only")
def test_what_makes_dumps_lets_all_others_go_first(tmp_path: Path) -> None:
    """Dumps are made while nobody else wants the CPU: no reader and no write waits for them."""
    with waiting(tmp_path, publish_shipped(tmp_path)) as process:
        deadline = time.monotonic() + 10
        while os.sched_getscheduler(process.pid) != os.SCHED_IDLE:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_what_a_killed_maker_left_is_removed(tmp_path: Path) -> None:
    """Half a file of dumps that were never finished stays no longer than until they are."""
    release = publish_shipped(tmp_path)
    folder = tmp_path / "dumps" / release.id
    folder.mkdir(parents=True)
    (folder / "tmpwbhk3v").write_bytes(b"half")
    made = Dumps(tmp_path).make(release)

    assert {file.name for file in folder.iterdir()} == {*made, "index.json"}


def test_nobody_waits_long_for_dumps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks for dumps that take long is told so, and when to ask again; then they are there."""
    release = publish_shipped(tmp_path)
    monkeypatch.setattr("pfgraph.web.dumps.WAIT_S", 0.2)
    place = tmp_path / "dumps" / release.id
    place.mkdir(parents=True)
    with serving(tmp_path) as client:
        with locks.alone(place):
            began = time.monotonic()
            told = client.get("/dumps/current")
            took_s = time.monotonic() - began
        monkeypatch.setattr("pfgraph.web.dumps.WAIT_S", 30.0)
        made = client.get("/dumps/current")

    assert took_s < 5
    assert (told.status_code, told.headers["retry-after"]) == (503, "1")
    assert told.json()["type"].endswith("/dumps-in-the-making")
    assert made.status_code == 200


def test_a_command_makes_dumps_before_they_are_asked_for(tmp_path: Path) -> None:
    """`pfgraph dumps` makes the files of the current release, and prints what `sha256sum --check` reads."""
    release = publish_shipped(tmp_path)
    environ = {**os.environ, "PFGRAPH_HOME": str(tmp_path)}
    run = subprocess.run([sys.executable, "-m", "pfgraph", "dumps"], env=environ, capture_output=True, check=True)
    sums = {name: digest for digest, _, name in (line.partition("  ") for line in run.stdout.decode().splitlines())}
    folder = tmp_path / "dumps" / release.id

    assert {"pfgraph.nq.gz", "Platform.csv"} <= sums.keys()
    assert {name: sha256((folder / name).read_bytes()).hexdigest() for name in sums} == sums
