"""The product as people use it: a real Chromium, a phone's screen for the shop and a desk's for headquarters."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from tests.e2e.actions import one
from tests.e2e.installation import Installation, wait_for
from vision.render import render_pair

pytestmark = pytest.mark.browser

PHONE = {"width": 360, "height": 740}
DESK = {"width": 1440, "height": 900}
PATIENCE_MS = 30_000
FLAGS = [
    "--no-sandbox",  # the tests may run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
BEFORE, AFTER = render_pair(31, rows=3, gaps=5, filled=True)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


class Screen:
    """One signed-in person's page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def see(self, name: str) -> Locator:
        return self.page.get_by_test_id(name)

    def tap(self, name: str) -> None:
        self.see(name).first.click()


OpenAs = Callable[[str, dict[str, int], str], Screen]


@pytest.fixture
def open_as(browser: Browser, embedded: Installation) -> Iterator[OpenAs]:
    """`open_as("supervisor", PHONE, "zh-CN")`: the app, signed in as that person of the demo."""
    contexts: list[BrowserContext] = []
    screens: list[Screen] = []

    def open_(login: str, viewport: dict[str, int], locale: str) -> Screen:
        contexts.append(browser.new_context(viewport=viewport, locale=locale))  # type: ignore[arg-type]
        screen = Screen(contexts[-1].new_page())
        screens.append(screen)
        screen.page.goto(embedded.url)
        screen.see("sign-in-login").fill(f"{login}@demo")
        screen.see("sign-in-password").fill(embedded.password)
        screen.tap("sign-in-submit")
        return screen

    yield open_
    errors = [error for screen in screens for error in screen.errors]
    for context in contexts:
        context.close()
    assert errors == []


def answer_everything(screen: Screen) -> None:
    """Tap the good answer of every item on the page."""
    items = screen.page.locator("[data-testid^='item-']").filter(has=screen.page.locator("button, input"))
    expect(items.first).to_be_visible()
    number = 1
    while (item := screen.see(f"item-{number}")).count():
        if (choice := screen.see(f"item-{number}-pass")).count():
            choice.click()
        elif (scale := item.locator("[data-testid*='-scale-']")).count():
            scale.last.click()
        elif (choices := item.locator("[data-testid*='-choice-']")).count():
            choices.first.click()
        elif (field := screen.see(f"item-{number}-number")).count():
            field.fill("3")
        number += 1
    assert number > 10, "the standard visit has more items than this"


def begin_visit(screen: Screen, store: str) -> None:
    screen.tap("visit-start")
    screen.see("store-search").fill(store)
    screen.tap("store-option")
    screen.tap("visit-begin")


def test_a_supervisor_finishes_a_visit_without_network_and_sees_the_findings_when_it_is_back(
    open_as: OpenAs, tmp_path: Path
) -> None:
    shelf = tmp_path / "shelf.jpg"
    shelf.write_bytes(BEFORE.jpeg)
    screen = open_as("supervisor", PHONE, "zh-CN")
    begin_visit(screen, "HZ02")
    expect(screen.see("item-1")).to_be_visible()
    screen.page.context.set_offline(True)
    answer_everything(screen)
    screen.page.locator("[data-testid$='-photo-input-gallery']").first.set_input_files(shelf)
    expect(screen.see("local-photo").first).to_be_visible()
    screen.tap("visit-review")
    screen.tap("submit-visit")
    expect(screen.see("visit-sealed")).to_be_visible()
    screen.page.goto(screen.page.url.split("#")[0] + "#/outbox")
    expect(screen.see("outbox-entry")).to_have_count(3)  # the visit, its photo, its answers
    screen.page.context.set_offline(False)
    expect(screen.see("empty")).to_be_visible(timeout=PATIENCE_MS)
    screen.page.goto(screen.page.url.split("#")[0] + "#/visits")
    screen.page.locator("[data-testid=visit-card][data-state=submitted]").first.click()
    expect(screen.page.locator("[data-testid=visit-result][data-complete=true]")).to_be_visible(timeout=PATIENCE_MS)
    expect(screen.see("overlay-photo").first).to_be_visible()
    expect(screen.see("issue-row").first).to_be_visible(timeout=PATIENCE_MS)
    expect(screen.page.get_by_text("货架不缺货").first).to_be_visible()


def test_a_manager_sends_an_after_photo_and_the_task_closes(
    open_as: OpenAs, embedded: Installation, tmp_path: Path
) -> None:
    full = tmp_path / "full.jpg"
    full.write_bytes(AFTER.jpeg)
    screen = open_as("region", PHONE, "en-GB")
    region = embedded.sign_in("region")
    store = one(region, "/org/nodes?kind=store", lambda node: node["code"] == "HZ02")["id"]
    query = f"/tasks?node_id={store}&dimension=availability&state=open&limit=100"
    task = wait_for("the task", lambda: [t for t in region.get(query).json()["items"] if t["thumb_url"]])[0]
    screen.page.goto(f"{embedded.url}/#/tasks/{task['id']}")
    expect(screen.see("task")).to_be_visible()
    screen.page.locator("[data-testid='after-photo-input-gallery']").set_input_files(full)
    attempt = screen.see("attempt").first
    expect(attempt).to_be_visible(timeout=PATIENCE_MS)
    expect(screen.page.get_by_text("Fix verified").first).to_be_visible(timeout=PATIENCE_MS)


def test_headquarters_goes_from_the_heatmap_to_a_region_to_its_stores(open_as: OpenAs) -> None:
    screen = open_as("hq", DESK, "en-GB")
    expect(screen.see("heatmap")).to_be_visible()
    assert screen.see("heatmap-row").count() == 3
    assert screen.see("heatmap-cell").count() >= 36
    screen.see("heatmap-row").filter(has_text="South").click()
    expect(screen.see("heatmap-row").filter(has_text="Guangzhou").first).to_be_visible()
    screen.see("heatmap-cell").first.click()
    expect(screen.see("task-card").or_(screen.see("empty")).first).to_be_visible()


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_no_screen_is_wider_than_the_window(open_as: OpenAs, viewport: dict[str, int], locale: str) -> None:
    screen = open_as("hq", viewport, locale)
    expect(screen.see("heatmap")).to_be_visible()
    base = screen.page.url.split("#")[0]
    for place in ("heatmap", "stores", "tasks", "visits", "outbox", "notifications", "more"):
        screen.page.goto(f"{base}#/{place}")
        screen.page.wait_for_timeout(300)
        assert screen.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, place
