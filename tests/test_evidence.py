"""Positions and digests in the graph against the printed words."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from pfgraph.errors import NotFound
from pfgraph.graph.dataset import Dataset, build
from pfgraph.graph.evidence import Verification, verify_source
from pfgraph.namespaces import shipped_sources
from pfgraph.sources import tree as trees
from trees import write_tree

# Whoever holds the document can compare; the repository does not carry its sentences.
PRINTED = sorted((shipped_sources().parent / "shared" / "source").glob("*.txt"))
TEXT = "○これまで、会議を設けた。\n●今後は、研修を行いたい。\n"


def sha(text: str) -> str:
    """Return a digest as the sources write it."""
    return sha256(text.encode()).hexdigest()


def evidence(start: int = 6, end: int = 12, quoted: str = "会議を設けた", text: str = TEXT) -> str:
    """Return a document, a fragment and a statement that rests on a span of it, in Turtle."""
    return f"""
        document:d a pf:SourceDocument ; pf:textDigest "{sha(text)}"^^xsd:hexBinary .
        fragment:f a pf:SourceFragment ; pf:document document:d .
        statement:s a pf:Statement ; pf:fragment fragment:f ; oa:hasSelector <id/statement/s#span> ;
            pf:quoteDigest "{sha(quoted)}"^^xsd:hexBinary .
        <id/statement/s#span> a oa:TextPositionSelector ; oa:start {start} ; oa:end {end} .
    """


def verified(tmp_path: Path, turtle: str) -> Verification:
    """Return how a small tree with this evidence fits the text."""
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8", newline="\n")
    dataset: Dataset = build(trees.read(write_tree(tmp_path / "tree", ontology__evidence=turtle)))
    return verify_source(dataset, tmp_path / "text.txt")


def test_evidence_that_fits_has_no_mismatch(tmp_path: Path) -> None:
    """Positions count characters, not bytes, and the digest is of those characters."""
    found = verified(tmp_path, evidence())

    assert (found.spans, found.mismatches) == (1, ())


def test_a_digest_in_capitals_fits(tmp_path: Path) -> None:
    """xsd:hexBinary may be written in capitals."""
    found = verified(tmp_path, evidence().replace(sha(TEXT), sha(TEXT).upper()))

    assert found.mismatches == ()


def test_a_shifted_span_is_told_with_its_right_place(tmp_path: Path) -> None:
    """A span that is one character off is told with file and line, and with where the words stand."""
    (mismatch,) = verified(tmp_path, evidence(start=7, end=13)).mismatches

    assert mismatch.subject.endswith("/statement/s")
    assert "ontology/evidence.ttl:" in mismatch.message.ja
    assert "Those words stand at 6–12." in mismatch.message.en


@pytest.mark.parametrize(("start", "end"), [(6, 999), (12, 6), (6, 6)])
def test_a_position_outside_the_document_is_told(tmp_path: Path, start: int, end: int) -> None:
    """A span must lie within the text and hold something."""
    (mismatch,) = verified(tmp_path, evidence(start=start, end=end)).mismatches

    assert "outside the document" in mismatch.message.en


def test_a_statement_without_a_position_is_told(tmp_path: Path) -> None:
    """A statement of the document whose span is missing cannot be checked, which is a mismatch."""
    (mismatch,) = verified(tmp_path, evidence().replace("oa:start 6 ; ", "")).mismatches

    assert "missing" in mismatch.message.en


def test_another_text_is_told(tmp_path: Path) -> None:
    """A text whose digest is not the document's is told even where all spans fit."""
    (mismatch,) = verified(tmp_path, evidence(text="something else")).mismatches

    assert mismatch.subject.endswith("/document/d")


def test_a_text_is_read_as_the_document_it_fits(tmp_path: Path) -> None:
    """With several documents in the graph, the text is compared with the one it is."""
    other = evidence(text="something else", quoted="別").replace("document:d", "document:a")
    other = other.replace("fragment:f", "fragment:g").replace("statement:s", "statement:t")
    found = verified(tmp_path, evidence() + other.replace("statement/s#", "statement/t#"))

    assert found.document.endswith("/document/d")
    assert found.mismatches == ()


def test_a_graph_without_documents_cannot_be_verified(tmp_path: Path) -> None:
    """Without a document that carries the digest of its text there is nothing to compare."""
    with pytest.raises(NotFound):
        verified(tmp_path, "document:d a pf:SourceDocument .")


@pytest.mark.skipif(not PRINTED, reason="the document itself is not at hand")
def test_every_statement_fits_the_printed_document() -> None:
    """All positions and digests of the shipped data fit the text of the FY2023 document."""
    found = verify_source(build(trees.read(shipped_sources())), PRINTED[0])

    assert found.spans >= 100
    assert [mismatch.message.en for mismatch in found.mismatches] == []
