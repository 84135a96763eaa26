"""Whatever the canary's only pod answers, nothing of it is believed, its verdicts are Unknown and say why."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.core.runtime.held_canary import MINUTE, HeldCanary, held_canary

ROWS = b"leeway_model_rows_total{"


def of_rows(value: bytes) -> Callable[[bytes], bytes]:
    """A page whose rows have another value."""

    def spoil(page: bytes) -> bytes:
        lines = page.split(b"\n")
        return b"\n".join(
            line.rpartition(b" ")[0] + b" " + value if line.startswith(ROWS) else line for line in lines
        )

    return spoil


def twice(page: bytes) -> bytes:
    line = next(line for line in page.split(b"\n") if line.startswith(ROWS))
    return page.replace(b"# EOF", line + b"\n# EOF")


def of_too_many_series(page: bytes) -> bytes:
    return page.replace(
        b"# EOF", b"".join(b'leeway_model_x_total{a="%d"} 1\n' % n for n in range(25_000)) + b"# EOF"
    )


# sentence: (what becomes of the page, what every verdict says of it)
PAGES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "no page": (lambda _: b"", "its last line is not"),
    "HTML": (lambda _: b"<html>busy</html>", "its last line is not"),
    "a page cut at the end of a line": (lambda page: page.removesuffix(b"# EOF\n"), "its last line is not"),
    "NaN": (of_rows(b"NaN"), "not a whole number"),
    "infinity": (of_rows(b"+Inf"), "not a whole number"),
    "less than nothing": (of_rows(b"-1"), "not a whole number"),
    "a fraction": (of_rows(b"1.5"), "not a whole number"),
    "a count that has shrunk without a new process": (of_rows(b"3"), "has become smaller"),
    "a series twice": (twice, "twice"),
    "no series": (lambda _: b"# EOF\n", "no server of Leeway wrote it"),
    "more series than a server has": (of_too_many_series, "more than"),
    "the page of another version": (lambda page: page.replace(b"iris-2", b"iris-1"), "it is of version iris-1"),
    "bins of another profile": (lambda page: page.replace(b"0a1b2c3d", b"ffffffff"), "its bins are of profile"),
    "bytes that are no text": (lambda page: b"\xff" + page, "not UTF-8"),
    "an endless page": (lambda page: page * 5000, "longer than"),
    "a process of an earlier time": (lambda page: page.replace(b"1000.0", b"900.0"), "started before"),
}  # fmt: skip


async def counted(world: HeldCanary) -> None:
    """Each pod has answered some requests since the step began."""
    await world.round()
    for server in world.pods.values():
        server.requests += 10
    await world.round(MINUTE)
    assert world.requests() == (10, 20)


@pytest.mark.parametrize(("spoil", "says"), PAGES.values(), ids=PAGES)
async def test_a_canary_that_answers(spoil: Callable[[bytes], bytes], says: str) -> None:
    async with held_canary() as world:
        await counted(world)
        world.pods["c"].requests += 5
        world.pods["c"].spoil = spoil
        await world.round(MINUTE)
        assert world.requests() == (10, 20)
        for verdict in world.status["verdicts"]:
            assert verdict["state"] == "Unknown"
            assert says in verdict["message"], verdict["message"]
        world.pods["c"].spoil = bytes
        await world.round(MINUTE)
        assert world.requests() == (15, 20)
