"""What a table says as RDF, where each triple comes from, and the form a table is brought into."""

from __future__ import annotations

import json
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from csvw import Table as OracleTable
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Triple

import csvs
from csvs import COLUMNS, SCHEMA, TEXT
from pfgraph.messages import Text
from pfgraph.namespaces import prefixes, shipped_sources
from pfgraph.sources import csvw, sheets, tables, values
from pfgraph.sources.origins import Origin, Reading
from trees import triples

SHIPPED = sorted((shipped_sources() / "data" / "tables").glob("*.csv"))
REGISTER = shipped_sources().parent / "shared" / "register" / "mt_city_all.csv"
SENDAI, TOTTORI = "government:041009", "government:312011"


def said(reading: Reading) -> set[Triple]:
    """Return the triples of a table that is in order."""
    assert reading.errors == ()
    return {triple for triple, _ in reading.statements}


def graph(turtle: str) -> set[Triple]:
    """Return the triples of a Turtle text."""
    return set(triples(turtle))


def one_row(folder: Path, cells: str, *columns: dict[str, Any], **schema: Any) -> set[Triple]:
    """Return what a table says that has a code, other columns, and one row."""
    code = {"name": "code", "titles": "code", "suppressOutput": True}
    header = ",".join(column["name"] for column in (code, *columns) if not column.get("virtual"))
    path = csvs.write(folder, f"{header}\n{cells}\n", columns=[code, *columns], **schema)
    return said(csvs.read(path))


# ---- what CSVW says a table means


def test_a_row_is_a_thing_and_a_cell_a_triple(tmp_path: Path) -> None:
    """CSV2RDF, minimal mode: a cell says its value of the row's aboutUrl with its column's propertyUrl."""
    expected = graph(f"""
        {SENDAI} pf:localGovernmentCode "041009" ; rdfs:label "仙台市"@ja ; pf:since "1889-04-01"^^xsd:date ;
            pf:municipalityType munitype:city , munitype:designated-city .
        {TOTTORI} pf:localGovernmentCode "312011" ; rdfs:label "鳥取市"@ja ;
            pf:municipalityType munitype:city .
    """)

    assert said(csvs.read(csvs.write(tmp_path))) == expected


@pytest.mark.parametrize(
    ("datatype", "cell", "literal"),
    [
        ("string", "007", '"007"'),
        ("integer", "-7", "-7"),
        ("nonNegativeInteger", "0", '"0"^^xsd:nonNegativeInteger'),
        ("positiveInteger", "12", '"12"^^xsd:positiveInteger'),
        ("decimal", "1.50", "1.5"),
        ("boolean", "1", "true"),
        ({"base": "boolean", "format": "○|×"}, "×", "false"),
        ("date", "2024-02-29", '"2024-02-29"^^xsd:date'),
        ("gYear", "2024", '"2024"^^xsd:gYear'),
        ("gYearMonth", "2022-02", '"2022-02"^^xsd:gYearMonth'),
        ("anyURI", "https://example.org/", '"https://example.org/"^^xsd:anyURI'),
        ("hexBinary", "0aff", '"0aff"^^xsd:hexBinary'),
        ({"base": "string", "@id": "geo:wktLiteral"}, "POINT(1 2)", '"POINT(1 2)"^^geo:wktLiteral'),
    ],
)
def test_a_datatype_makes_a_typed_literal(tmp_path: Path, datatype: Any, cell: str, literal: str) -> None:
    """A literal has the datatype of its column, or the IRI its description gives."""
    found = one_row(tmp_path, f"041009,{cell}", csvs.column("value", datatype=datatype))

    assert found == graph(f"{SENDAI} dcterms:description {literal} .")


def test_a_language_is_only_for_text(tmp_path: Path) -> None:
    """A `lang` that a schema gives to all its columns does not change its numbers."""
    columns = csvs.column("words"), csvs.column("number", datatype="integer")

    found = one_row(tmp_path, "041009,仙台,1", *columns, lang="ja")

    assert found == graph(f'{SENDAI} dcterms:description "仙台"@ja , 1 .')


def test_an_empty_cell_says_nothing(tmp_path: Path) -> None:
    """Without a value there is no triple, not even one with the IRI of a template."""
    column = csvs.column("value", valueUrl="munitype:{value}")

    assert one_row(tmp_path, "041009,", column) == set()


def test_what_stands_for_nothing_says_nothing(tmp_path: Path) -> None:
    """A cell that is one of the column's nulls is like an empty one."""
    assert one_row(tmp_path, "041009,不明", csvs.column("value", null=["-", "不明"])) == set()


def test_an_empty_cell_has_the_default(tmp_path: Path) -> None:
    """A default is read as if it stood in the cell."""
    found = one_row(tmp_path, "041009,", csvs.column("value", default="3", datatype="integer"))

    assert found == graph(f"{SENDAI} dcterms:description 3 .")


def test_a_list_is_one_triple_for_each_item(tmp_path: Path) -> None:
    """The items of a cell with a separator are literals of their own; empty ones and nulls are none."""
    column = csvs.column("value", separator=";", null="-", datatype="integer")

    found = one_row(tmp_path, "041009,1; 2;;-", column)

    assert found == graph(f"{SENDAI} dcterms:description 1 , 2 .")


def test_a_list_is_one_iri_for_each_item(tmp_path: Path) -> None:
    """A valueUrl is expanded for each item of a list; here we leave CSVW, which would join them by commas."""
    column = csvs.column("value", separator=";", valueUrl="munitype:{value}")

    found = one_row(tmp_path, "041009,city;town", column)

    assert found == graph(f"{SENDAI} dcterms:description munitype:city , munitype:town .")


def test_a_list_in_the_template_of_another_column_is_joined(tmp_path: Path) -> None:
    """RFC 6570 §3.2.2: a variable that is a list is written with commas."""
    items = csvs.column("items", separator=";", suppressOutput=True)
    virtual = csvs.column("all", virtual=True, valueUrl="https://example.org/{items}")

    found = one_row(tmp_path, "041009,a;b", items, virtual)

    assert found == graph(f"{SENDAI} dcterms:description <https://example.org/a,b> .")


def test_a_virtual_column_speaks_for_every_row(tmp_path: Path) -> None:
    """A column that is not in the file says its valueUrl, or its default, of every row."""
    columns = (
        csvs.column("type", virtual=True, propertyUrl="rdf:type", valueUrl="pf:Municipality"),
        csvs.column("note", virtual=True, default="町", lang="ja"),
    )

    found = one_row(tmp_path, "041009", *columns)

    assert found == graph(f'{SENDAI} a pf:Municipality ; dcterms:description "町"@ja .')


def test_a_column_may_speak_of_another_thing(tmp_path: Path) -> None:
    """A column's aboutUrl goes before that of the schema."""
    columns = (
        csvs.column("start", datatype="nonNegativeInteger", aboutUrl="government:{code}#span"),
        csvs.column("span", virtual=True, propertyUrl="oa:hasSelector", valueUrl="government:{code}#span"),
    )
    span = f"<{prefixes()['government']}041009#span>"

    found = one_row(tmp_path, "041009,12", *columns)

    assert found == graph(f'{span} dcterms:description "12"^^xsd:nonNegativeInteger . {SENDAI} oa:hasSelector {span} .')


def test_a_suppressed_column_is_still_checked(tmp_path: Path) -> None:
    """`suppressOutput` keeps a column out of the graph, not out of the checks."""
    columns = [{**COLUMNS[0], "suppressOutput": True}, *COLUMNS[1:]]

    reading = csvs.read(csvs.write(tmp_path, TEXT.replace("041009", "41009"), columns=columns))

    assert [error.line for error in reading.errors] == [2]
    assert all(triple.predicate.value != f"{prefixes()['pf']}localGovernmentCode" for triple, _ in reading.statements)


def test_a_value_is_encoded_in_a_template(tmp_path: Path) -> None:
    """RFC 6570: what is not plain in an IRI is percent-encoded, unless the template says `+`."""
    encoded = csvs.column("key", valueUrl="https://example.org/{key}")
    whole = csvs.column("page", valueUrl="{+page}")

    found = one_row(tmp_path, "041009,a/あ,https://example.org/a?b", encoded, whole)

    assert found == graph(
        f"{SENDAI} dcterms:description <https://example.org/a%2F%E3%81%82> , <https://example.org/a?b> ."
    )


def test_what_holds_for_all_columns_is_said_once(tmp_path: Path) -> None:
    """A property of the schema, or of the table, is that of every column that has none itself."""
    path = csvs.write(tmp_path, "code,other\n041009,x\n")
    columns = [{"name": "code"}, {"name": "other", "propertyUrl": "rdfs:label"}]
    schema = {"columns": columns, "propertyUrl": "dcterms:description"}
    table = {"aboutUrl": "government:{code}", "lang": "en", "tableSchema": schema}
    csvs.describe(path, {"@context": csvs.CONTEXT, "url": path.name, **table})

    assert said(csvs.read(path)) == graph(f'{SENDAI} dcterms:description "041009"@en ; rdfs:label "x"@en .')


def test_tables_may_share_a_schema(tmp_path: Path) -> None:
    """A schema may be a file beside the tables that have it."""
    path = csvs.write(tmp_path)
    expected = said(csvs.read(path))
    (tmp_path / "towns.schema.json").write_text(json.dumps(SCHEMA), encoding="utf-8")
    csvs.describe(path, {"@context": csvs.CONTEXT, "url": path.name, "tableSchema": "towns.schema.json"})

    assert said(csvs.read(path)) == expected


def test_a_remark_of_the_metadata_is_no_fact(tmp_path: Path) -> None:
    """Common properties such as `dc:title` describe the table, and are no part of what it says."""
    path = csvs.write(tmp_path)
    expected = said(csvs.read(path))
    csvs.describe(path, {"@context": csvs.CONTEXT, "url": path.name, "dc:title": {"ja": "町"}, "tableSchema": SCHEMA})

    assert said(csvs.read(path)) == expected


# ---- where it comes from


def test_a_triple_comes_from_a_row_and_a_column(tmp_path: Path) -> None:
    """The origin of a triple is its file, the line its row starts on, and the titles of its column."""
    reading = csvs.read(csvs.write(tmp_path, TEXT.replace("仙台市", '"仙台\n市"')))
    label = next(origin for triple, origin in reading.statements if triple.object == Literal("鳥取市", language="ja"))

    assert label == Origin(csvs.FILE, 4, Text("名称", "Name"))


def test_what_a_virtual_column_says_comes_from_the_row(tmp_path: Path) -> None:
    """A virtual column has no title in the file, so its triples have a line only."""
    virtual = csvs.column("type", virtual=True, valueUrl="pf:Municipality")
    reading = csvs.read(csvs.write(tmp_path, columns=[*COLUMNS, virtual]))
    origins = {
        origin for triple, origin in reading.statements if triple.object == NamedNode(prefixes()["pf"] + "Municipality")
    }

    assert origins == {Origin(csvs.FILE, 2), Origin(csvs.FILE, 3)}


# ---- its canonical form


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        "\ufeff" + TEXT,
        TEXT.replace("\n", "\r\n"),
        TEXT.replace("\n", "\r"),
        TEXT.removesuffix("\n"),
        TEXT.replace("仙台市", '"仙台市"'),
        TEXT.replace("仙台市", " 仙台市\u3000"),
        TEXT.replace("city;designated-city", " city ; designated-city;"),
        TEXT + ",,,\n\n",
        "\n".join([TEXT.split("\n")[0], *reversed(TEXT.split("\n")[1:3])]),
        TEXT.replace("団体コード,名称", "Code,名称"),
        "\n".join(",".join(line.split(",")[::-1]) for line in TEXT.split("\n")),
    ],
    ids=[
        *("canonical", "bom", "crlf", "cr", "no last line end", "quotes", "blanks", "blanks in a list"),
        *("empty rows", "not sorted", "English titles", "columns in another order"),
    ],
)
def test_every_way_of_writing_a_table_has_one_form(tmp_path: Path, text: str) -> None:
    """Whatever a spreadsheet makes of line ends, quotes, blanks and order, the canonical text is the same."""
    assert csvs.read(csvs.write(tmp_path, text)).canonical == TEXT


def test_without_a_key_rows_stay_where_they_are(tmp_path: Path) -> None:
    """Rows are sorted by the primary key only."""
    header, first, second, _ = TEXT.split("\n")
    text = f"{header}\n{second}\n{first}\n"

    assert csvs.read(csvs.write(tmp_path, text, primaryKey=[])).canonical == text


def test_a_form_that_would_lose_something_is_not_offered(tmp_path: Path) -> None:
    """There is no canonical text of a table with a row of too many cells."""
    assert csvs.read(csvs.write(tmp_path, TEXT.replace("鳥取市", "鳥取,市"))).canonical is None


# Anything an officer may type but what is refused, and what is trimmed away.
WORDS = st.text(st.sampled_from("あ亜A0 ,;\"'\n-"), max_size=8)
CODES = st.from_regex(csvs.CODE.replace("[0-9]{4}", "[0-9]{4}"), fullmatch=True)
DATES = st.one_of(st.just(""), st.dates().map(str))
TYPES = st.lists(st.sampled_from(["city", "town", "core-city"]), max_size=3).map(";".join)
ROWS = st.lists(st.tuples(CODES, WORDS.filter(str.strip), TYPES, DATES), max_size=5, unique_by=lambda row: row[0])


def quoted(cell: str) -> str:
    """Return a cell in quotes."""
    return '"' + cell.replace('"', '""') + '"'


def as_text(rows: list[tuple[str, ...]]) -> str:
    """Return rows under the header of the towns, every cell in quotes."""
    return "\n".join([TEXT.split("\n")[0], *(",".join(map(quoted, row)) for row in rows)]) + "\n"


@given(ROWS)
def test_the_canonical_form_says_the_same(rows: list[tuple[str, ...]]) -> None:
    """The canonical form of a table says what the table says, and is its own canonical form."""
    with tempfile.TemporaryDirectory() as folder:
        first = csvs.read(csvs.write(Path(folder), as_text(rows)))
        second = csvs.read(csvs.write(Path(folder), first.canonical or ""))

    assert said(second) == said(first)
    assert second.canonical == first.canonical


@given(
    st.one_of(
        st.binary(max_size=60),
        st.text(max_size=60).map(str.encode),
        st.text(st.sampled_from(TEXT + '"')).map(str.encode),
    )
)
def test_any_file_is_read_or_refused(content: bytes) -> None:
    """No content of a file makes reading it fail in any other way than by errors that say where."""
    with tempfile.TemporaryDirectory() as folder:
        reading = csvs.read(csvs.write(Path(folder), content))

    assert all(error.file == csvs.FILE for error in reading.errors)
    assert reading.errors or reading.canonical is not None


# ---- against another reader, and at its real size


def oracle(path: Path, folder: Path) -> list[dict[str, list[str]]]:
    """Return the values in a table as the `csvw` package reads them.

    It knows columns by name, not by title, and no schema in a file of its own.
    """
    metadata = json.loads(path.with_name(path.name + csvw.SUFFIX).read_text(encoding="utf-8"))
    if isinstance(metadata["tableSchema"], str):
        metadata["tableSchema"] = json.loads((path.parent / metadata["tableSchema"]).read_text(encoding="utf-8"))
    written = [column for column in metadata["tableSchema"]["columns"] if not column.get("virtual")]
    metadata["tableSchema"]["columns"] = written
    _, _, rows = path.read_text(encoding="utf-8").partition("\n")
    (folder / path.name).write_text(",".join(c["name"] for c in written) + "\n" + rows, encoding="utf-8")
    csvs.describe(folder / path.name, metadata)
    table = OracleTable.from_file(folder / (path.name + csvw.SUFFIX))
    return [{name: as_texts(value) for name, value in row.items()} for row in table.iterdicts()]


def as_texts(value: object) -> list[str]:
    """Return the values in a cell of the `csvw` package as texts."""
    found = value if isinstance(value, list) else [] if value is None else [value]
    return [as_lexical(item) for item in found]


def as_lexical(value: object) -> str:
    """Return a value of the `csvw` package as XML Schema writes it."""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return str(value.unsplit() if hasattr(value, "unsplit") else value)


def ours(path: Path) -> list[dict[str, list[str]]]:
    """Return the values in a table as we read them."""
    table, _ = csvw.read(path, path.name, prefixes())
    _, *rows = sheets.read(path.read_text(encoding="utf-8"), path.name)
    records = values.records(rows, range(len(table.written)), table.written)
    return [{name: list(found) for name, found in record.values.items()} for record in records]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_shipped_tables_are_in_order(path: Path) -> None:
    """Every table we ship is read without an error and is canonical."""
    reading = tables.read(path, path.name, prefixes())

    assert reading.errors == ()
    assert reading.canonical == reading.text


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_cells_are_read_as_the_csvw_package_reads_them(tmp_path: Path, path: Path) -> None:
    """The values in our tables are those that another implementation of CSVW finds there."""
    assert ours(path) == oracle(path, tmp_path)


@given(ROWS)
def test_any_cell_is_read_as_the_csvw_package_reads_it(rows: list[tuple[str, ...]]) -> None:
    """Quotes, commas and line ends in cells mean the same to us and to another implementation of CSVW."""
    trimmed = [tuple("\n".join(map(str.rstrip, cell.strip().split("\n"))) for cell in row) for row in rows]
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as other:
        path = csvs.write(Path(folder), as_text(trimmed))

        assert ours(path) == oracle(path, Path(other))


@pytest.mark.skipif(not REGISTER.exists(), reason="the register of all municipalities is not here")
def test_a_register_of_all_municipalities_is_read(tmp_path: Path) -> None:
    """A table of the size of the country is read row by row without a loss."""
    text = REGISTER.read_text(encoding="utf-8")
    header, *rows = text.splitlines()
    formats = {"lg_code": {"base": "string", "format": csvs.CODE}, "efct_date": "date", "ablt_date": "date"}
    columns = [csvs.column(name, datatype=formats.get(name, "string")) for name in header.split(",")]
    path = csvs.write(tmp_path, text, aboutUrl="government:{lg_code}", columns=columns, primaryKey="lg_code")

    reading = csvs.read(path)

    assert reading.errors == ()
    assert len({triple.subject for triple, _ in reading.statements}) == len(rows) > 1900
