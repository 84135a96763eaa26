"""The benchmark of the server measures what it says, and prints it."""

from __future__ import annotations

from tests.bench.server.__main__ import line_of
from tests.bench.server.figures import Figure, Sizes, measure


def test_every_figure_is_measured() -> None:
    figures = measure(Sizes(rounds=1, seconds=0.001, requests=3))
    assert len(figures) == 24
    # What is the difference of two times may be below 0 on a busy machine.
    told = [figure for figure in figures if "adds" not in figure.words and "share" not in figure.words]
    assert [figure.words for figure in told if figure.value <= 0] == []
    assert max(map(len, map(line_of, figures))) <= 80


def test_a_figure_beyond_its_goal_is_not_met() -> None:
    assert [Figure("time", value, "us", 15.0).is_met for value in (14.9, 15.0, 15.1)] == [True, True, False]
    assert Figure("time", 1e9, "us").is_met
    assert line_of(Figure("time", 12.345, "us", 15.0)).split() == ["time", "12.35", "us", "<=", "15"]
