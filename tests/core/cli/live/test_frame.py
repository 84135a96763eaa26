"""The live view draws each part of a rollout, at any width, and never more than the width."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from leeway.cli.live.frame import render
from leeway.cli.live.words import bar, clipped, duration
from tests.core.cli.live.golden import GOLDEN, draw, path_of
from tests.core.cli.live.scenes import NOW, SCENES

DURATIONS = {
    "nothing yet": (timedelta(0), "0s"),
    "a clock that lags": (timedelta(seconds=-3), "0s"),
    "below a minute": (timedelta(seconds=59), "59s"),
    "minutes": (timedelta(seconds=75), "1m15s"),
    "hours": (timedelta(minutes=61), "1h1m"),
    "days": (timedelta(hours=49), "2d1h"),
}
BARS = {
    "nothing": (0, "░░░░"), "a little shows": (1, "█░░░"), "half": (50, "██░░"), "all": (100, "████"),
}  # fmt: skip
CLIPPED = {
    "as it is": ("abcd", 4, "abcd"),
    "dots at its end": ("abcdef", 5, "ab..."),
    "no room": ("abc", 2, ".."),
}


@pytest.mark.parametrize("sentence", SCENES)
def test_a_frame_is_the_golden_one(sentence: str) -> None:
    assert draw(sentence) == path_of(sentence).read_text()


def test_every_golden_frame_has_its_scene() -> None:
    assert set(GOLDEN.glob("*.txt")) == {path_of(sentence) for sentence in SCENES}


@pytest.mark.parametrize("width", [1, 20, 60, 200])
@pytest.mark.parametrize("sentence", SCENES)
def test_no_line_is_wider_than_the_terminal(sentence: str, width: int) -> None:
    frame = render(SCENES[sentence], datetime.fromisoformat(NOW), width)
    assert max(map(len, frame.splitlines())) <= width


@pytest.mark.parametrize(("given", "want"), DURATIONS.values(), ids=DURATIONS)
def test_a_time_has_two_units(given: timedelta, want: str) -> None:
    assert duration(given) == want


@pytest.mark.parametrize(("percent", "want"), BARS.values(), ids=BARS)
def test_a_bar_is_filled_to_its_share(percent: int, want: str) -> None:
    assert bar(percent, 4) == want


@pytest.mark.parametrize(("line", "width", "want"), CLIPPED.values(), ids=CLIPPED)
def test_a_long_line_is_clipped(line: str, width: int, want: str) -> None:
    assert clipped(line, width) == want
