"""A supervisor speaks; what was heard is shown, can be heard again, put right, and becomes a task."""

import os
import shutil
import wave
from collections.abc import Iterator
from pathlib import Path

import av
import httpx
import pytest
from playwright.sync_api import Browser, Locator, expect, sync_playwright

from tests.conftest import ROOT
from tests.e2e.installation import Installation, wait_for
from tests.e2e.test_in_the_browser import (
    FLAGS,
    PATIENCE_MS,
    PHONE,
    OpenAs,
    Screen,
    answer_everything,
    begin_visit,
    open_as,
)

__all__ = ["open_as"]
pytestmark = pytest.mark.browser

SPOKEN = ROOT / "speech" / "demo" / "zh-shelf-chiller-floor.webm"
RATE = 48_000
HEARING_MS = 60_000
UNSURE = "The entrance door is stuck"
"""Found in a note about other matters, but below the line."""


def as_wav(recording: Path, target: Path) -> float:
    """Write a recording as the WAV that Chromium's fake microphone takes; return its seconds."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    with av.open(str(recording)) as container, wave.open(str(target), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        for frame in [*container.decode(audio=0), None]:
            for piece in resampler.resample(frame):
                out.writeframes(piece.to_ndarray().tobytes())
        return out.getnframes() / RATE


@pytest.fixture(scope="module")
def microphone(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    file = tmp_path_factory.mktemp("microphone") / "spoken.wav"
    return file, as_wav(SPOKEN, file)


@pytest.fixture(scope="module")
def browser(microphone: tuple[Path, float]) -> Iterator[Browser]:
    """A Chromium whose microphone hears a real recording."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    hearing = [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={microphone[0]}%noloop",
        "--autoplay-policy=no-user-gesture-required",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=[*FLAGS, *hearing])
        yield browser
        browser.close()


def go(screen: Screen, place: str) -> None:
    screen.page.goto(screen.page.url.split("#")[0] + f"#/{place}")


def heard(screen: Screen, checkpoint: str) -> Locator:
    return screen.page.locator(f"[data-testid=heard-issue][data-checkpoint='{checkpoint}']")


def visit_with_a_note(screen: Screen, store: str, seconds: float) -> None:
    """Do a whole visit without a network, speaking on the way, and come back to where there is one."""
    begin_visit(screen, store)
    expect(screen.see("item-1")).to_be_visible()
    screen.page.context.set_offline(True)
    screen.tap("visit-voice")
    screen.page.wait_for_timeout(1000 * seconds + 500)
    screen.tap("visit-voice")
    expect(screen.see("local-voice").first).to_be_visible()
    answer_everything(screen)
    screen.tap("visit-review")
    screen.tap("submit-visit")
    expect(screen.see("visit-sealed")).to_be_visible()
    screen.page.context.set_offline(False)
    expect(screen.page.locator("[data-testid=voice-note][data-state=transcribed]")).to_be_visible(timeout=HEARING_MS)


def test_a_note_spoken_in_a_basement_becomes_a_task_that_the_supervisor_confirmed(
    open_as: OpenAs, microphone: tuple[Path, float], embedded: Installation
) -> None:
    screen = open_as("supervisor", PHONE, "zh-CN")
    visit_with_a_note(screen, "HZ01", microphone[1])
    issue = screen.see("heard-issue").first
    expect(issue).to_be_visible(timeout=PATIENCE_MS)
    assert screen.see("statement").count() >= 2

    spoken = screen.see("statement").nth(1)
    spoken.click()
    expect(spoken).to_have_attribute("aria-pressed", "true")
    # It stops by itself, where the statement ends.
    expect(screen.page.locator("[data-testid=statement][aria-pressed=true]")).to_have_count(0, timeout=HEARING_MS)

    issue.get_by_test_id("answer-again").click()
    issue.get_by_test_id("issue-yes").click()
    expect(issue.get_by_test_id("issue-answer")).to_be_visible()
    task = issue.get_by_test_id("heard-task")
    expect(task).to_be_visible(timeout=PATIENCE_MS)
    task_id = (task.get_attribute("href") or "").split("/")[-1]
    supervisor = embedded.sign_in("supervisor")
    wait_for("the confirmed finding", lambda: "review" in sources(supervisor, task_id))
    task.click()
    expect(screen.see("task")).to_be_visible()
    expect(screen.page.locator("[data-testid=finding][data-source=review]")).to_have_count(1)


def sources(client: httpx.Client, task_id: str) -> set[str]:
    return {finding["source"] for finding in client.get(f"/tasks/{task_id}").json()["issue"]["findings"]}


def test_a_word_put_right_in_a_basement_changes_what_was_heard_when_the_network_is_back(open_as: OpenAs) -> None:
    screen = open_as("supervisor", PHONE, "en-GB")
    go(screen, "visits")
    screen.page.locator("[data-testid=visit-card][data-state=submitted]").first.click()
    expect(screen.see("heard-issue").first).to_be_visible(timeout=PATIENCE_MS)
    screen.page.context.set_offline(True)
    screen.tap("note-edit")
    screen.see("note-text").fill(f"{UNSURE}. The floor is slippery. The restroom is clean.")
    screen.tap("note-save")
    expect(screen.see("note-rereading")).to_be_visible()
    screen.page.context.set_offline(False)
    question = heard(screen, "image.entrance")
    expect(question).to_have_attribute("data-state", "asked", timeout=PATIENCE_MS)
    expect(question.get_by_test_id("heard-task")).to_have_count(0)
    expect(screen.page.locator("[data-testid=heard-issue][data-polarity=ok]")).to_have_count(1)
    expect(screen.see("issue-row").filter(has_text="Withdrawn").first).to_be_visible()

    question.get_by_test_id("issue-yes").click()
    expect(question.get_by_test_id("heard-task")).to_be_visible(timeout=PATIENCE_MS)

    slippery = heard(screen, "safety.slip")
    slippery.get_by_test_id("answer-again").click()
    slippery.get_by_test_id("issue-other").click()
    screen.see("checkpoint-search").fill("floor clean")
    screen.see("checkpoint-option").first.click()
    expect(slippery).to_have_count(0)
    expect(screen.page.locator("[data-testid=heard-issue][data-state=other]")).to_have_count(1)
