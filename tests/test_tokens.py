"""Tokens: only their digests are kept, and whoever has none changes nothing."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pfgraph.errors import SettingError
from pfgraph.publish import tokens
from pfgraph.publish.tokens import Tokens
from pfgraph.settings import Settings
from sites import publish, serving
from writing import Writer, writable

UPDATE = {"Content-Type": "application/sparql-update"}
TURTLE = {"Content-Type": "text/turtle"}
WRITES = [
    ("POST", "/update", UPDATE, b"INSERT DATA { <urn:a> <urn:b> <urn:c> }"),
    ("POST", "/update?dry-run", UPDATE, b"INSERT DATA { <urn:a> <urn:b> <urn:c> }"),
    *[
        (method, url, TURTLE, b"<urn:a> <urn:b> <urn:c> .")
        for method in ("PUT", "POST", "DELETE")
        for url in ("/store?default", "/store?graph=urn:g", "/store/x.ttl", "/graph/x")
    ],
    ("POST", "/store", TURTLE, b"<urn:a> <urn:b> <urn:c> ."),
]


@pytest.fixture(scope="module")
def writer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Writer]:
    """Lend a writer who may write data, but not the ontology."""
    with writable(tmp_path_factory.mktemp("home"), "write") as found:
        yield found


def test_a_token_is_known_by_its_digest() -> None:
    """The entry of a new token grants what it was made for, and does not contain the token."""
    token, entry = tokens.new("alice", ["write", "ontology"])
    grant = Tokens.parse(entry).grant(token)

    assert grant is not None
    assert (grant.name, grant.scopes) == ("alice", {"write", "ontology"})
    assert token not in entry


def test_another_token_is_not_known() -> None:
    """A token that was never registered, or is a part of one that was, grants nothing."""
    token, entry = tokens.new("alice", ["write"])
    known = Tokens.parse(entry)

    assert [known.grant(each) for each in ("", token[:-1], token + "x", tokens.new("bob", ["write"])[0])] == [None] * 4


def test_a_setting_that_cannot_be_read_is_told_without_its_text() -> None:
    """An entry that is no entry may be a token in the clear, so the error does not repeat it."""
    token, entry = tokens.new("alice", ["write"])
    with pytest.raises(SettingError) as caught:
        Tokens.parse(f"{entry} {token}")

    assert token not in str(caught.value)
    assert "2 番目" in caught.value.ja
    assert "entry 2" in caught.value.en


def test_an_unknown_scope_is_refused() -> None:
    """A scope that does not exist grants nothing by mistake."""
    with pytest.raises(SettingError):
        tokens.new("alice", ["admin"])


def test_settings_do_not_show_tokens() -> None:
    """The entries are left out where settings are printed."""
    entry = tokens.new("alice", ["write"])[1]

    assert entry not in repr(Settings(tokens=entry))


@pytest.mark.parametrize(("method", "url", "headers", "body"), WRITES)
@pytest.mark.parametrize("shown", ["", "Bearer wrong", "Basic d3Jvbmc6d3Jvbmc=", "Bearer"])
def test_without_a_known_token_nothing_is_written(
    writer: Writer, method: str, url: str, headers: dict[str, str], body: bytes, shown: str
) -> None:
    """Whatever writes answers 401 to whoever shows no token that is known, and changes nothing."""
    before = writer.release().id
    shown_headers = {**headers, **({"Authorization": shown} if shown else {})}
    answer = writer.client.request(method, url, headers=shown_headers, content=body)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert set(answer.json()) >= {"ja", "en"}
    assert writer.release().id == before


@pytest.mark.parametrize(("method", "url", "headers", "body"), [w for w in WRITES if "dry-run" not in w[1]])
def test_a_token_for_trying_out_writes_nothing(
    tmp_path: Path, method: str, url: str, headers: dict[str, str], body: bytes
) -> None:
    """The scope dry-run does not write: 403."""
    with writable(tmp_path, "dry-run") as taster:
        before = taster.release().id
        answer = taster.request(method, url, headers=headers, content=body)

        assert answer.status_code == 403
        assert answer.json()["type"].endswith("/unauthorized")
        assert taster.release().id == before


def test_a_token_for_data_does_not_change_the_ontology(writer: Writer) -> None:
    """A change to a graph of the ontology takes the scope ontology: 403, and nothing changes."""
    before = writer.release().id
    graph = "https://w3id.org/pfgraph/graph/ontology/shapes"
    answers = [
        writer.update(f"INSERT DATA {{ GRAPH <{graph}> {{ :a :b :c }} }}"),
        writer.put(f"/store?graph={graph}", ":a :b :c ."),
        writer.put("/graph/ontology/shapes", ":a :b :c ."),
    ]

    assert [answer.status_code for answer in answers] == [403] * 3
    assert writer.release().id == before


@pytest.mark.parametrize(("method", "url", "headers", "body"), WRITES)
def test_without_tokens_there_is_no_writing(
    tmp_path: Path, method: str, url: str, headers: dict[str, str], body: bytes
) -> None:
    """A server that knows no tokens says in words that it takes no writes, whatever token is shown."""
    release = publish(tmp_path, {})
    with serving(tmp_path) as client:
        answer = client.request(method, url, headers={**headers, "Authorization": "Bearer x"}, content=body)

        assert answer.status_code == 404
        assert "PFGRAPH_TOKENS" in answer.json()["detail"]
        assert client.app.site.release().id == release.id


def test_a_token_is_never_logged(writer: Writer, caplog: pytest.LogCaptureFixture) -> None:
    """Neither what succeeds nor what fails leaves the token in a log or an answer."""
    with caplog.at_level(logging.DEBUG):
        answers = [writer.update("INSERT DATA { :logged :p 1 }"), writer.update("INSERT DATA {")]
        answers.append(writer.client.request("POST", "/update", headers={"Authorization": "Bearer s3cret"}))

    told = caplog.text + "".join(answer.text + str(answer.headers) for answer in answers)
    assert writer._token not in told
    assert "s3cret" not in told


def test_a_token_is_in_no_process_list(writer: Writer) -> None:
    """Neither the command line nor the environment of the processes that write has the token or its entry."""
    writer.update("INSERT DATA { :listed :p 1 }")
    process = writer.client.app.writers._process
    assert process is not None
    known = [Path(f"/proc/{process.pid}/{file}").read_bytes() for file in ("cmdline", "environ")]

    assert not any(writer._token.encode() in each or b"PFGRAPH_TOKENS" in each for each in known)


def test_the_command_makes_a_token_that_works() -> None:
    """`pfgraph token new` prints a token and the entry by which a server knows it."""
    command = [sys.executable, "-m", "pfgraph", "token", "new", "--name", "alice", "--scope", "write", "--json"]
    made = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)

    grant = Tokens.parse(made["entry"]).grant(made["token"])
    assert grant is not None
    assert grant.scopes == {"write"}
