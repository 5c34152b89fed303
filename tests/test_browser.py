"""Pages in a browser: open to everyone, complete without script, whole on a telephone, and asking no other host."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from pfgraph.settings import Settings
from pfgraph.web.app import create_app
from pfgraph.web.server import serving

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium on this machine; `.ci/run` installs the Debian package"
)
WIDTHS = (1280, 390)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# One page of each kind, and those that differ most within a kind.
PAGES = [
    *("/", "/queries", "/queries/participants", "/queries/government?code=312011"),
    *("/queries/participants?fiscalYear=soon", "/sparql", "/sparql?query=SELECT+*+%7B%3Fs+a+%3Fo%7D+LIMIT+5"),
    *("/sparql?query=x", "/sparql?query=DESCRIBE+%3Chttps://w3id.org/pfgraph/id/fy/2023%3E"),
    *("/doc/government/312011", "/doc/platform/401005-1", "/doc/platform/160008-1", "/doc/area/312011"),
    *("/doc/initiative/041009-2023-02", "/doc/statement/312011-2023-01", "/doc/concept/stage/existing"),
    *("/doc/concept/kind", "/doc/programme/local-platform", "/doc/erratum/fy2023-01", "/doc/none"),
    *("/ns", "/ns/Platform", "/ns/leadGovernment", "/shapes", "/shapes/Platform-leadGovernment", "/prefix/pf"),
    *("/graph/data/areas", "/graph/metadata?page=2", "/dataset", "/rules", "/alignments/gist", "/catalog"),
    *("/collections", "/collections/Initiative", "/collections/Municipality?limit=20", "/releases", "/problem"),
    *("/docs/jsonld", "/cite", "/cite?query=ASK%7B%7D", "/collections/Nothing"),
]


class _Server(uvicorn.Server):
    """A server on a loop of its own, on whatever port was free."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[object] | None = None) -> None:
        """Begin to listen, and say so."""
        await super().startup()
        self.ready.set()

    @property
    def address(self) -> str:
        """Where it listens."""
        port = self.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def address(shipped_home: Path) -> Iterator[str]:
    """Lend the address of a server of the shipped data."""
    settings = Settings(home=shipped_home, port=0)
    server = _Server(serving(settings, create_app(settings)))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    assert server.ready.wait(30)
    yield server.address
    server.should_exit = True
    thread.join(30)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Lend a headless Chromium."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture(scope="module", params=WIDTHS)
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """Lend a window as wide as a desk's screen, and one as wide as a telephone."""
    context = browser.new_context(viewport={"width": request.param, "height": 844}, locale="ja")
    yield context.new_page()
    context.close()


@dataclass(frozen=True)
class Visit:
    """What a browser saw of a page."""

    size: int
    width: int
    asked: list[str]
    told: list[str]
    violations: list[tuple[str, str]]


@pytest.fixture(scope="module")
def visits(page: Page, address: str) -> dict[str, Visit]:
    """Return a visit to each page in a window."""
    asked: list[str] = []
    told: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: told.append(message.text))
    found = {}
    for path in PAGES:
        response = page.goto(f"{address}{path}")
        assert response is not None
        width = page.evaluate("document.documentElement.scrollWidth")
        violations = Axe().run(page, options={"runOnly": RULES}).response["violations"]
        seen = [(each["id"], each["nodes"][0]["html"][:200]) for each in violations]
        found[path] = Visit(len(response.body()), width, [*asked], [*told], seen)
        asked.clear()
        told.clear()
    return found


def test_pages_are_open_to_everyone(visits: dict[str, Visit]) -> None:
    """axe finds no violation of WCAG 2.2 AA and of good practice on any kind of page, at either width."""
    assert {path: visit.violations for path, visit in visits.items() if visit.violations} == {}


def test_pages_ask_no_other_host(visits: dict[str, Visit], address: str) -> None:
    """Everything a page loads is from its own host."""
    asked = {url for visit in visits.values() for url in visit.asked}

    assert asked
    assert {url for url in asked if not url.startswith(f"{address}/")} == set()


def test_pages_keep_to_their_policy(visits: dict[str, Visit]) -> None:
    """The browser has nothing to refuse, the data for search engines included."""
    told = {path: visit.told for path, visit in visits.items()}

    assert {path: said for path, said in told.items() if any("Content Security Policy" in each for each in said)} == {}


def test_pages_are_light(visits: dict[str, Visit]) -> None:
    """A page is at most 60 KB before it is packed, its answer included."""
    assert {path: visit.size for path, visit in visits.items() if visit.size > 60_000} == {}


def test_pages_are_no_wider_than_their_window(visits: dict[str, Visit], page: Page) -> None:
    """Nobody has to scroll sideways: what is wide scrolls within itself."""
    size = page.viewport_size

    assert size is not None
    assert {path: visit.width for path, visit in visits.items() if visit.width > size["width"]} == {}


@pytest.fixture
def plain(browser: Browser) -> Iterator[Page]:
    """Lend a window in which no script runs."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="ja", java_script_enabled=False)
    yield context.new_page()
    context.close()


def test_a_query_needs_no_script(plain: Page, address: str) -> None:
    """From the first page a query is asked and answered with a form alone."""
    plain.goto(address)
    plain.get_by_role("button", name="実行").click()

    assert plain.get_by_role("cell", name="鳥取市", exact=True).is_visible()


def test_a_question_needs_no_script(plain: Page, address: str) -> None:
    """A canned query is asked by filling in its form."""
    plain.goto(f"{address}/queries/government")
    plain.get_by_label("団体コード").fill("312011")
    plain.get_by_role("button", name="答える").click()

    assert "鳥取市" in plain.get_by_role("table").inner_text()


def test_a_thing_is_reached_by_clicking(plain: Page, address: str) -> None:
    """From the first page to a participant, to its prefecture, to the meaning of a property, and into English."""
    plain.goto(address)
    plain.get_by_role("rowheader").get_by_role("link", name="鳥取市").click()
    plain.get_by_role("link", name="鳥取県").first.click()
    plain.get_by_role("link", name="全国地方公共団体コード").click()
    plain.get_by_role("link", name="English").click()

    assert plain.get_by_role("heading", level=1).inner_text() == "pfgraph vocabulary"


def test_everything_is_reached_by_keyboard(page: Page, address: str) -> None:
    """The first stop of the tab key leads past the header to the content."""
    page.goto(f"{address}/doc/government/312011")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert page.url.endswith("#main")


def test_a_page_prints_without_its_controls(page: Page, address: str) -> None:
    """On paper there are no buttons, and the facts are all there."""
    page.goto(f"{address}/doc/government/312011")
    page.emulate_media(media="print")
    shown = page.locator("main").inner_text()
    page.emulate_media(media="screen")

    assert "312011" in shown
    assert "SPARQL で開く" not in shown
