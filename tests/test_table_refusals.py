"""What a table, a cell or its metadata is refused with: where, what, and what to try."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import Literal

import csvs
from csvs import COLUMNS, FILE, SCHEMA, TEXT
from pfgraph.errors import SourceError, TableError

METADATA = f"{FILE}-metadata.json"


def refused(folder: Path, text: str | bytes = TEXT, **schema: Any) -> tuple[SourceError, ...]:
    """Return the errors a table of towns is refused with."""
    return csvs.read(csvs.write(folder, text, **schema)).errors


def the_error(errors: Sequence[SourceError]) -> SourceError:
    """Return the one error there is."""
    assert len(errors) == 1, [str(error) for error in errors]
    return errors[0]


def told(error: SourceError, *words: str) -> bool:
    """Whether an error says these words, the same in Japanese and in English."""
    return all(word in error.ja and word in error.en for word in words)


def with_column(**properties: Any) -> dict[str, Any]:
    """Return the columns of a table of a code and a value."""
    return {"columns": [{**COLUMNS[0], "titles": "code"}, csvs.column("value", **properties)]}


# ---- cells


def test_a_lost_zero_is_told_with_the_code_that_is_meant(tmp_path: Path) -> None:
    """A code that a spreadsheet took for a number is refused with file, row, column and the code it was."""
    error = the_error(refused(tmp_path, TEXT.replace("041009", "41009")))

    assert str(error) == (
        "data/tables/towns.csv:2（団体コード）: 先頭の 0 が失われています。 実際の値: '41009'。"
        f" 期待する値: 「312011」のような値（形式 {csvs.CODE}）。 「041009」のことですか。"
        " 表計算ソフトでは、列の表示形式を「文字列」にしてから入力し直してください。\n"
        "data/tables/towns.csv:2 (Code): Its leading zero was lost. Found: '41009'."
        f" Expected: a value such as “312011” (the form {csvs.CODE}). Did you mean “041009”?"
        " In a spreadsheet, format the column as text, then type it again."
    )


@pytest.mark.parametrize(
    ("found", "reason", "meant"),
    [
        ("０４１００９", "full-width", "041009"),
        ("041009\u200b", "invisible", "041009"),
        ("41009", "leading zero", "041009"),
        ("41009.0", "no value", "041009"),
        ("4.1009E+05", "rounded", None),
        ("仙台市", "no value", None),
    ],
)
def test_a_value_off_its_format_is_told_with_the_reason(
    tmp_path: Path, found: str, reason: str, meant: str | None
) -> None:
    """A value that does not match its column's format is told with why, and with what was probably meant."""
    error = the_error(refused(tmp_path, TEXT.replace("041009", found)))

    assert reason in error.en
    assert told(error, repr(found), meant or csvs.CODE)


@pytest.mark.parametrize(
    ("datatype", "cell"),
    [
        ("integer", "1.5"),
        ("integer", "007"),
        ("integer", "1,234"),
        ("nonNegativeInteger", "-1"),
        ("positiveInteger", "0"),
        ("decimal", "1e3"),
        ("boolean", "はい"),
        ({"base": "boolean", "format": "はい|いいえ"}, "true"),
        ("date", "2023-02-29"),
        ("date", "2024/4/1"),
        ("date", "20240401"),
        ("gYear", "令和5年"),
        ("gYearMonth", "2022-13"),
        ("anyURI", "www.example.org"),
        ("anyURI", "https://example.org/a b"),
        ("hexBinary", "abc"),
        ({"base": "string", "@id": "geo:wktLiteral", "format": r"POINT\(.*\)"}, "35.0 139.0"),
    ],
)
def test_an_ill_typed_value_is_refused(tmp_path: Path, datatype: Any, cell: str) -> None:
    """What XML Schema would not take for a value of the datatype never becomes a literal."""
    reading = csvs.read(csvs.write(tmp_path, f'code,value\n041009,"{cell}"\n', **with_column(datatype=datatype)))

    assert told(the_error(reading.errors), FILE + ":2", "value", repr(cell))
    assert [triple.object for triple, _ in reading.statements] == [Literal("041009")]


def test_what_the_metadata_say_in_words_is_said_of_a_wrong_value(tmp_path: Path) -> None:
    """An officer reads the description of a column, not its regular expression."""
    words = {"ja": "6桁の団体コード", "en": "a code of six digits"}
    columns = [{**COLUMNS[0], "dc:description": words}, *COLUMNS[1:]]

    error = the_error(refused(tmp_path, TEXT.replace("041009", "41009"), columns=columns))

    assert "6桁の団体コード" in error.ja
    assert "a code of six digits" in error.en
    assert not told(error, csvs.CODE)


def test_one_of_a_few_words_is_told_with_all_of_them(tmp_path: Path) -> None:
    """A format that lists words is told as that list, with the nearest one."""
    columns = with_column(datatype={"base": "string", "format": "Prefecture|Municipality"})

    error = the_error(refused(tmp_path, "code,value\n041009,Municipalty\n", **columns))

    assert "Expected: Prefecture, Municipality. Did you mean “Municipality”?" in error.en


def test_a_list_with_another_separator_is_told_as_it_should_be(tmp_path: Path) -> None:
    """Items that are separated by a Japanese comma are told with the separator of the column."""
    error = the_error(refused(tmp_path, TEXT.replace("city;designated", "city、designated")))

    assert told(error, "'city;designated-city'")


def test_every_wrong_item_of_a_list_is_told(tmp_path: Path) -> None:
    """Each item of a cell is checked by itself."""
    errors = refused(tmp_path, TEXT.replace("city;designated-city", "市;city;CITY"))

    assert [error.fields()["found"]["en"] for error in errors] == ["'市'", "'CITY'"]


def test_an_empty_required_cell_is_refused(tmp_path: Path) -> None:
    """A cell that must be filled is told with a value that stands in another row."""
    error = the_error(refused(tmp_path, TEXT.replace("仙台市", "\u3000")))

    assert "必須の欄が空です" in error.ja
    assert told(error, "鳥取市")


def test_a_key_is_never_empty(tmp_path: Path) -> None:
    """A column of the primary key must be filled, whether the metadata say so or not."""
    columns = [{**COLUMNS[0], "required": False}, *COLUMNS[1:]]

    assert "required" in the_error(refused(tmp_path, TEXT.replace("041009", ""), columns=columns)).en


@pytest.mark.parametrize(
    ("found", "expected", "reason"),
    [
        ("ｾﾝﾀﾞｲ", "センダイ", "half-width kana"),
        ("か\u3099っこう", "がっこう", "NFC"),
        ("仙台\u0007市", "仙台市", "control characters"),
    ],
)
def test_text_that_is_not_normal_is_refused(tmp_path: Path, found: str, expected: str, reason: str) -> None:
    """Half-width kana, decomposed letters and control characters are told with what should be there."""
    error = the_error(refused(tmp_path, TEXT.replace("仙台市", found)))

    assert reason in error.en
    assert told(error, f"{FILE}:2", repr(found), repr(expected))


def test_an_iri_that_is_none_is_refused(tmp_path: Path) -> None:
    """A template that makes something else than an IRI of a value is told with what it made."""
    error = the_error(refused(tmp_path, "code,value\n041009,no IRI\n", **with_column(valueUrl="{+value}")))

    assert told(error, f"{FILE}:2", "value", "no%20IRI")


def test_an_iri_with_a_gap_is_refused(tmp_path: Path) -> None:
    """A template that uses an empty cell makes no IRI, and the empty column is told, once for a row."""
    columns = [COLUMNS[0], {**COLUMNS[1], "required": False}, *COLUMNS[2:]]
    text = TEXT.replace("仙台市", "")

    error = the_error(refused(tmp_path, text, columns=columns, aboutUrl="government:{code}-{name}"))

    assert told(error, f"{FILE}:2")
    assert "Name" in error.en


def test_all_errors_are_told_at_once_from_top_to_bottom(tmp_path: Path) -> None:
    """An officer can mend a table in one go."""
    text = TEXT.replace("041009", "41009").replace("1889-04-01", "明治").replace("鳥取市", "")

    assert [error.line for error in refused(tmp_path, text)] == [2, 2, 3]


# ---- rows and columns


@pytest.mark.parametrize(("row", "cells"), [("312011,鳥取,市,city,", "5"), ("312011,鳥取市", "2")])
def test_a_row_of_another_length_is_refused(tmp_path: Path, row: str, cells: str) -> None:
    """A row with more or fewer cells than there are titles is told with both numbers."""
    error = the_error(refused(tmp_path, TEXT.replace("312011,鳥取市,city,", row)))

    assert told(error, f"{FILE}:3", cells, "4")


def test_a_title_that_is_nearly_right_is_told_with_the_right_one(tmp_path: Path) -> None:
    """A title in half-width kana is told with the place of the column and the title it should have."""
    error = the_error(refused(tmp_path, TEXT.replace("団体コード", "団体ｺｰﾄﾞ")))

    assert told(error, f"{FILE}:1", "'団体ｺｰﾄﾞ'", "団体コード")
    assert "column 1" in error.en


def test_a_title_in_the_place_of_another_is_told_with_it(tmp_path: Path) -> None:
    """A title unlike any other is taken for that of the column which should stand there."""
    error = the_error(refused(tmp_path, TEXT.replace("設立", "年月日")))

    assert told(error, "'年月日'", "設立")


def test_a_missing_column_is_told_with_its_place(tmp_path: Path) -> None:
    """A column that is not there is told with the one it comes after."""
    rows = [line.split(",") for line in TEXT.splitlines()]
    text = "".join(",".join([*row[:2], *row[3:]]) + "\n" for row in rows)

    error = the_error(refused(tmp_path, text))

    assert "missing" in error.en
    assert told(error, "区分", "名称")


@pytest.mark.parametrize(("title", "reason"), [("備考", "no such"), ("", "no title"), ("名称", "Two")])
def test_a_column_too_many_is_refused(tmp_path: Path, title: str, reason: str) -> None:
    """A column the metadata do not describe is refused, whether it is new, unnamed or there twice."""
    text = TEXT.replace("設立\n", f"設立,{title}\n").replace("-01\n", "-01,\n").replace("city,\n", "city,,\n")

    error = the_error(refused(tmp_path, text))

    assert reason in error.en
    assert told(error, "5", repr(title))


def test_columns_in_another_order_are_refused_and_read_all_the_same(tmp_path: Path) -> None:
    """Columns in another order are told, and the cells are checked in the same go."""
    text = "\n".join(",".join(line.split(",")[::-1]) for line in TEXT.split("\n")).replace("041009", "41009")

    assert [error.line for error in refused(tmp_path, text)] == [1, 2]


def test_the_same_key_twice_is_told_with_the_first_line(tmp_path: Path) -> None:
    """A second row for one thing is refused, with the line of the first."""
    error = the_error(refused(tmp_path, TEXT + "041009,仙台,city,\n"))

    assert told(error, f"{FILE}:4", "041009")
    assert "Line 2" in error.en


# ---- other tables


def with_districts(folder: Path, *codes: str, **reference: Any) -> dict[str, Any]:
    """Write a table of codes, and return the schema of a table that refers to it."""
    text = "\n".join(["キー", *codes])
    columns = [{"name": "key", "titles": "キー", "suppressOutput": True}]
    csvs.write(folder, text, name="districts.csv", columns=columns, primaryKey="key", aboutUrl="{key}")
    there = {"resource": "districts.csv", "columnReference": "key", **reference}
    return {"foreignKeys": [{"columnReference": "name", "reference": there}]}


def test_a_value_that_another_table_has_is_good(tmp_path: Path) -> None:
    """A foreign key that is found is no error."""
    assert refused(tmp_path, **with_districts(tmp_path, "仙台市", "鳥取市")) == ()


def test_a_value_that_another_table_lacks_is_refused(tmp_path: Path) -> None:
    """A foreign key that is not found is told with the other table and the values most like it."""
    error = the_error(refused(tmp_path, **with_districts(tmp_path, "仙台区", "鳥取市")))

    assert told(error, f"{FILE}:2", "仙台市", "districts.csv", "仙台区")


def test_a_lost_zero_in_a_foreign_key_is_seen(tmp_path: Path) -> None:
    """A code that lost its zero is found in the other table."""
    text = TEXT.replace("仙台市", "41009").replace("鳥取市", "041009")

    error = the_error(refused(tmp_path, text, **with_districts(tmp_path, "041009")))

    assert "Did you mean “041009”?" in error.en


def test_every_item_of_a_list_is_looked_up(tmp_path: Path) -> None:
    """A foreign key in a column with a separator holds for each item."""
    schema = with_districts(tmp_path, "city")
    schema["foreignKeys"][0]["columnReference"] = "types"

    assert told(the_error(refused(tmp_path, **schema)), "designated-city")


def test_a_table_may_refer_to_itself(tmp_path: Path) -> None:
    """A foreign key may lead to other rows of the same table."""
    there = {"resource": "towns.csv", "columnReference": "name"}

    assert refused(tmp_path, foreignKeys=[{"columnReference": "name", "reference": there}]) == ()


def test_nothing_is_said_of_a_table_that_cannot_be_read(tmp_path: Path) -> None:
    """A broken table has errors of its own, and gives none to those that refer to it."""
    schema = with_districts(tmp_path, "仙台市")
    (tmp_path / "districts.csv").write_text('キー\n"仙台市\n', encoding="utf-8")

    assert refused(tmp_path, **schema) == ()


@pytest.mark.parametrize(
    ("reference", "meant"),
    [({"resource": "district.csv"}, "districts.csv"), ({"columnReference": "kye"}, "key")],
)
def test_a_reference_to_nothing_is_refused(tmp_path: Path, reference: dict[str, str], meant: str) -> None:
    """A foreign key to a table or column that is not there is told with what is."""
    error = the_error(refused(tmp_path, **with_districts(tmp_path, **reference)))

    assert told(error, METADATA, *reference.values(), f"{meant}")


# ---- files


def test_a_byte_order_mark_is_refused(tmp_path: Path) -> None:
    """A BOM is told with the command that removes it."""
    assert told(the_error(refused(tmp_path, "\ufeff" + TEXT)), f"{FILE}:1", "pfgraph check --fix")


def test_another_encoding_is_told_by_its_name(tmp_path: Path) -> None:
    """A file as older spreadsheets save it is told to be Shift_JIS."""
    assert told(the_error(refused(tmp_path, TEXT.encode("cp932"))), FILE, "Shift_JIS", "UTF-8")


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff", ",,,\n"])
def test_an_empty_file_is_refused(tmp_path: Path, text: str) -> None:
    """A file without any value is told to be empty."""
    assert "The file is empty" in the_error(refused(tmp_path, text)).en


def test_a_quote_left_open_is_told_where_it_opens(tmp_path: Path) -> None:
    """The row in which a quote is opened is told, not the end of the file."""
    error = the_error(refused(tmp_path, TEXT.replace("仙台市", '"仙台市')))

    assert told(error, f"{FILE}:2", '"仙台市')


@pytest.mark.parametrize("separator", ["\t", ";"])
def test_another_separator_of_columns_is_told(tmp_path: Path, separator: str) -> None:
    """A file whose columns are separated by tabs or semicolons is told to be so, in one error."""
    assert "commas" in the_error(refused(tmp_path, TEXT.replace(",", separator))).en


def test_a_table_without_metadata_is_refused(tmp_path: Path) -> None:
    """A table that nothing describes is told with the name of the file that should."""
    (tmp_path / "towns.csv").write_text(TEXT, encoding="utf-8")

    error = the_error(csvs.read(tmp_path / "towns.csv").errors)

    assert told(error, FILE, "towns.csv-metadata.json")


# ---- metadata


def described(folder: Path, metadata: object) -> tuple[SourceError, ...]:
    """Return the errors of the towns with other metadata."""
    path = csvs.write(folder)
    csvs.describe(path, metadata)
    return csvs.read(path).errors


def with_schema(schema: object) -> dict[str, object]:
    """Return the metadata of the towns with another schema."""
    return {"@context": csvs.CONTEXT, "url": "towns.csv", "tableSchema": schema}


def test_metadata_that_are_no_json_are_told_with_the_line(tmp_path: Path) -> None:
    """A comma too many in the metadata is told with its line and column."""
    error = the_error(described(tmp_path, '{\n  "url": "towns.csv",\n}'))

    assert told(error, f"{METADATA}:3:1")


@pytest.mark.parametrize("metadata", ["[]", "null", '"towns"', '{"@context": []}'])
def test_json_that_is_no_metadata_is_refused(tmp_path: Path, metadata: str) -> None:
    """JSON of another form is refused like anything else."""
    errors = described(tmp_path, metadata)

    assert {(type(error), error.file) for error in errors} == {(TableError, METADATA)}


def test_the_url_is_the_name_of_the_file(tmp_path: Path) -> None:
    """Metadata that speak of another file are refused, so that a copy is not forgotten half-way."""
    error = the_error(described(tmp_path, {**with_schema(SCHEMA), "url": "cities.csv"}))

    assert told(error, f"{METADATA}:8", "cities.csv", "towns.csv")


def test_an_unknown_property_is_told_with_line_and_near_name(tmp_path: Path) -> None:
    """A misspelt property would be ignored in silence, so it is refused."""
    errors = refused(tmp_path, columns=[{**COLUMNS[0], "requried": True}, *COLUMNS[1:]])
    lines = (tmp_path / "towns.csv-metadata.json").read_text(encoding="utf-8").split("\n")

    error = the_error(errors)

    assert told(error, "tableSchema.columns[0].requried", "required")
    assert "requried" in lines[(error.line or 0) - 1]


def test_a_property_twice_is_refused(tmp_path: Path) -> None:
    """JSON would keep the last of two properties with one name, so they are refused."""
    metadata = json.dumps(with_schema(SCHEMA)).replace('"url"', '"url": "x", "url"', 1)

    assert told(the_error(described(tmp_path, metadata)), METADATA, "url")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "団体"}, ("団体", "name")),
        ({"name": "name"}, ("name",)),
        ({"name": None}, ("name",)),
        ({"titles": {"ja": "コード"}}, ("titles", "コード")),
        ({"titles": {"ja": "名称", "en": "Code"}}, ("titles",)),
        ({"required": "yes"}, ("required", '"yes"', "true, false")),
        ({"separator": ["a"]}, ("separator",)),
        ({"null": 0}, ("null",)),
        ({"default": "41009"}, ("default", "41009")),
        ({"lang": "ja-Hrkt"}, ("lang", "ja-Hrkt", "ja-hrkt")),
        ({"datatype": "strng"}, ("datatype", "strng", "string")),
        ({"datatype": {"base": "dateTime"}}, ("datatype.base", "dateTime")),
        ({"datatype": {"base": "string", "format": "["}}, ("datatype.format",)),
        ({"datatype": {"base": "date", "format": "yyyy/MM/dd"}}, ("datatype.format", "yyyy/MM/dd")),
        ({"datatype": {"base": "string", "minLength": 3}}, ("datatype.minLength",)),
        ({"datatype": {"base": "string", "@id": "gio:wktLiteral"}}, ("datatype.@id", "gio:", "geo")),
        ({"propertyUrl": "pff:code"}, ("propertyUrl", "pff:", "pf")),
        ({"propertyUrl": "code"}, ("propertyUrl", "code")),
        ({"valueUrl": "goverment:{code}"}, ("valueUrl", "goverment:", "government")),
        ({"valueUrl": "government:{code"}, ("valueUrl", "government:{code")),
        ({"valueUrl": "government:{cod}"}, ("valueUrl", "{cod}", "code")),
        ({"valueUrl": "government:{_row}"}, ("valueUrl", "{_row}")),
    ],
    ids=str,
)
def test_a_wrong_description_of_a_column_is_told(
    tmp_path: Path, change: dict[str, Any], words: tuple[str, ...]
) -> None:
    """What the metadata say wrongly of a column is told with its line, the property and what is near."""
    first = {name: value for name, value in {**COLUMNS[0], **change}.items() if value is not None}

    errors = refused(tmp_path, columns=[first, *COLUMNS[1:]])

    assert told(errors[0], METADATA, *words)
    assert all(error.line for error in errors)


def test_a_column_says_something_or_is_suppressed(tmp_path: Path) -> None:
    """CSVW would make up a blank node and a property; a column that says nothing must say so."""
    errors = described(tmp_path, with_schema({"columns": [{"name": "code"}]}))

    assert [error.fields()["expected"]["en"] for error in errors] == [
        "aboutUrl, suppressOutput",
        "propertyUrl, suppressOutput",
    ]


def test_virtual_columns_come_last(tmp_path: Path) -> None:
    """A virtual column before others would make other readers of CSVW take the wrong cells."""
    virtual = csvs.column("type", virtual=True, valueUrl="pf:Municipality")

    assert told(refused(tmp_path, columns=[virtual, *COLUMNS])[0], METADATA, "tableSchema.columns[1]", "code")


@pytest.mark.parametrize("context", [None, [], "https://schema.org/", [*csvs.CONTEXT, {"@base": "x"}]])
def test_another_context_is_refused(tmp_path: Path, context: object) -> None:
    """A context that is not CSVW's, or changes what names mean, is refused and not ignored."""
    error = the_error(described(tmp_path, {**with_schema(SCHEMA), "@context": context}))

    assert told(error, METADATA, "@context", "www.w3.org/ns/csvw")


@pytest.mark.parametrize("name", ["primaryKey", "foreignKeys"])
def test_a_key_of_no_column_is_refused(tmp_path: Path, name: str) -> None:
    """A key names columns of the table."""
    there = {"resource": "towns.csv", "columnReference": "code"}
    value: Any = "cod" if name == "primaryKey" else [{"columnReference": "cod", "reference": there}]

    assert told(the_error(refused(tmp_path, **{name: value})), METADATA, name, "cod", "code")


def test_a_schema_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """A schema in a file of its own must stand beside the table."""
    (tmp_path / "towns.schema.json").write_text("{}", encoding="utf-8")

    error = the_error(described(tmp_path, with_schema("town.schema.json")))

    assert told(error, METADATA, "town.schema.json", "towns.schema.json")


@pytest.mark.parametrize("elsewhere", ["https://example.org/schema.json", "../towns.schema.json"])
def test_a_schema_is_never_fetched(tmp_path: Path, elsewhere: str) -> None:
    """A schema elsewhere is not there for us, whether on the web or in another folder."""
    assert told(the_error(described(tmp_path, with_schema(elsewhere))), METADATA, elsewhere)


def test_an_error_in_a_shared_schema_is_told_in_its_file(tmp_path: Path) -> None:
    """What is wrong in a schema file is told with that file and its line."""
    schema = json.dumps({**SCHEMA, "colums": []}, indent=1)
    (tmp_path / "towns.schema.json").write_text(schema, encoding="utf-8")

    error = the_error(described(tmp_path, with_schema("towns.schema.json")))

    assert told(error, "data/tables/towns.schema.json:", "colums", "columns")
