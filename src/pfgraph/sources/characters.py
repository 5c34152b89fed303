"""Which bytes and characters a source file may hold."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from pfgraph.errors import SourceError
from pfgraph.messages import Text

BOM = "\ufeff"
_HALF_WIDTH_KANA = re.compile("[\uff61-\uff9f]+")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def decode(path: Path, file: str) -> str:
    """Return a file's text; bytes that are not UTF-8 are refused with the encoding they probably have."""
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        guess = _encoding(raw)
        raise SourceError(
            "文字コードが UTF-8 ではありません。",
            "The file is not encoded in UTF-8.",
            file=file,
            line=line,
            found=guess or f"0x{raw[error.start]:02X}",
            expected="UTF-8",
            try_=Text(
                "Excel では「CSV UTF-8（コンマ区切り）」を選んで保存し直してください。",
                "Save it again as UTF-8; in Excel choose “CSV UTF-8 (Comma delimited)”.",
            ),
        ) from error


def _encoding(raw: bytes) -> str | None:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16"
    for codec, name in (("cp932", "Shift_JIS"), ("euc-jp", "EUC-JP")):
        try:
            text = raw.decode(codec)
        except UnicodeDecodeError:
            continue
        # EUC-JP bytes often decode as Shift_JIS half-width kana.
        if len(_HALF_WIDTH_KANA.findall(text)) <= text.count("\n") + 1:
            return name
    return None


def fault(text: str) -> tuple[Text, str] | None:
    """Return why a text is not normal Unicode and what it should be, or None."""
    controls = _CONTROLS.sub("", text)
    if controls != text:
        return Text("制御文字が入っています。", "It holds control characters."), controls
    if _HALF_WIDTH_KANA.search(text):
        full = _HALF_WIDTH_KANA.sub(lambda match: unicodedata.normalize("NFKC", match.group()), text)
        return Text("半角カナが使われています。", "It holds half-width kana."), unicodedata.normalize("NFC", full)
    composed = unicodedata.normalize("NFC", text)
    if composed != text:
        return Text("Unicode の合成形（NFC）ではありません。", "It is not in Unicode NFC."), composed
    return None
