"""The 47 prefectures as a grid of tiles: a map without a map, with its numbers in words beside it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pfgraph.namespaces import ID
from pfgraph.web.negotiation import Lang

SIZE = 28
_CODE = re.compile(r"(?:government|area)/([0-9]{2})[0-9]{4}\b")


class Prefecture(NamedTuple):
    """A prefecture: its column and row in the grid, and its name."""

    column: int
    row: int
    ja: str
    en: str

    @property
    def short(self) -> str:
        """Its name as maps have it, without what kind of prefecture it is; only Hokkaido keeps that."""
        return self.ja if self.ja.endswith("道") else self.ja[:-1]


# In the order of their codes.
PREFECTURES = (
    Prefecture(12, 0, "北海道", "Hokkaido"),
    Prefecture(12, 2, "青森県", "Aomori"),
    Prefecture(12, 3, "岩手県", "Iwate"),
    Prefecture(13, 3, "宮城県", "Miyagi"),
    Prefecture(12, 4, "秋田県", "Akita"),
    Prefecture(13, 4, "山形県", "Yamagata"),
    Prefecture(13, 5, "福島県", "Fukushima"),
    Prefecture(13, 6, "茨城県", "Ibaraki"),
    Prefecture(12, 6, "栃木県", "Tochigi"),
    Prefecture(11, 6, "群馬県", "Gunma"),
    Prefecture(11, 7, "埼玉県", "Saitama"),
    Prefecture(13, 7, "千葉県", "Chiba"),
    Prefecture(12, 7, "東京都", "Tokyo"),
    Prefecture(12, 8, "神奈川県", "Kanagawa"),
    Prefecture(12, 5, "新潟県", "Niigata"),
    Prefecture(10, 5, "富山県", "Toyama"),
    Prefecture(9, 5, "石川県", "Ishikawa"),
    Prefecture(8, 6, "福井県", "Fukui"),
    Prefecture(11, 8, "山梨県", "Yamanashi"),
    Prefecture(10, 6, "長野県", "Nagano"),
    Prefecture(9, 6, "岐阜県", "Gifu"),
    Prefecture(11, 9, "静岡県", "Shizuoka"),
    Prefecture(10, 7, "愛知県", "Aichi"),
    Prefecture(9, 8, "三重県", "Mie"),
    Prefecture(9, 7, "滋賀県", "Shiga"),
    Prefecture(8, 7, "京都府", "Kyoto"),
    Prefecture(7, 8, "大阪府", "Osaka"),
    Prefecture(7, 7, "兵庫県", "Hyogo"),
    Prefecture(8, 8, "奈良県", "Nara"),
    Prefecture(8, 9, "和歌山県", "Wakayama"),
    Prefecture(6, 7, "鳥取県", "Tottori"),
    Prefecture(5, 7, "島根県", "Shimane"),
    Prefecture(6, 8, "岡山県", "Okayama"),
    Prefecture(5, 8, "広島県", "Hiroshima"),
    Prefecture(4, 7, "山口県", "Yamaguchi"),
    Prefecture(6, 11, "徳島県", "Tokushima"),
    Prefecture(6, 10, "香川県", "Kagawa"),
    Prefecture(5, 10, "愛媛県", "Ehime"),
    Prefecture(5, 11, "高知県", "Kochi"),
    Prefecture(3, 8, "福岡県", "Fukuoka"),
    Prefecture(2, 8, "佐賀県", "Saga"),
    Prefecture(1, 8, "長崎県", "Nagasaki"),
    Prefecture(2, 9, "熊本県", "Kumamoto"),
    Prefecture(3, 9, "大分県", "Oita"),
    Prefecture(3, 10, "宮崎県", "Miyazaki"),
    Prefecture(2, 10, "鹿児島県", "Kagoshima"),
    Prefecture(0, 12, "沖縄県", "Okinawa"),
)


@dataclass(frozen=True)
class Tile:
    """A prefecture in the grid: its place in pixels, its name, and how many things there are in it."""

    x: int
    y: int
    name: str
    title: str
    count: int


@dataclass(frozen=True)
class Grid:
    """All tiles, the largest count, and the numbers in words."""

    tiles: Sequence[Tile]
    words: str
    width: int = 14 * SIZE
    height: int = 13 * SIZE


def grid(counts: Mapping[str, int], lang: Lang) -> Grid | None:
    """Return the grid for counts by prefecture code (`31`), or None where there is nothing to count."""
    known = {code: n for code, n in counts.items() if 1 <= int(code) <= len(PREFECTURES) and n}
    if not known:
        return None
    tiles = []
    for number, each in enumerate(PREFECTURES, 1):
        title = each.ja if lang == "ja" else each.en
        tiles.append(Tile(each.column * SIZE, each.row * SIZE, each.short, title, known.get(f"{number:02}", 0)))
    told = [f"{tile.title} {tile.count}" for tile in tiles if tile.count]
    return Grid(tiles, ("、" if lang == "ja" else ", ").join(told))


def counted(iris: Iterable[str]) -> Counter[str]:
    """Return how many of the local governments named by IRIs are in each prefecture."""
    codes = (_CODE.match(iri.removeprefix(str(ID))) for iri in sorted(set(iris)) if iri in ID)
    return Counter(match[1] for match in codes if match)
