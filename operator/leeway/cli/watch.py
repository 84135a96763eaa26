"""`kubectl leeway watch`: a ModelDeployment as it changes."""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime

import typer
from rich.console import Console
from rich.live import Live
from rich.text import Text

from leeway.api.kinds import Manifest
from leeway.cli import flags
from leeway.cli.kubectl import DEPLOYMENTS, Kubectl
from leeway.cli.live.frame import render
from leeway.cli.refusal import BadInputError

_WIDTH = 120  # where there is no terminal to ask
_COLOURS = {"green": r"\bPass\b|█+", "red": r"\bFail\b|RollBack\b", "yellow": r"\bUnknown\b"}


def watch(
    name: flags.Deployment,
    namespace: flags.Namespace = "",
    context: flags.Context = "",
    once: flags.Once = False,
) -> None:
    """Show a ModelDeployment as it changes: versions, weight, gates, decisions, conditions.

    In a terminal the view is drawn in place until Ctrl-C. Into a pipe or a file goes one frame for each change.
    """
    kubectl = Kubectl(namespace, context)
    try:
        if once:
            typer.echo(render(kubectl.get(DEPLOYMENTS, name), datetime.now(UTC), _width()))
        elif sys.stdout.isatty():
            _draw(kubectl, name)
        else:
            _print(kubectl, name)
    except BadInputError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error


def paint(frame: str) -> Text:
    """Return the frame with its verdicts in colour."""
    text = Text(frame, no_wrap=True)
    for colour, words in _COLOURS.items():
        text.highlight_regex(words, colour)
    return text


def _draw(kubectl: Kubectl, name: str) -> None:
    """Draw in place, each second anew: the times go on while nothing changes."""
    console = Console(highlight=False, markup=False)
    with suppress(KeyboardInterrupt), Live(console=console, auto_refresh=False, screen=False) as live:
        for manifest in _every_second(_states(kubectl, name)):
            live.update(paint(render(manifest, datetime.now(UTC), console.width)), refresh=True)


def _print(kubectl: Kubectl, name: str) -> None:
    seen: object = None
    with suppress(KeyboardInterrupt):
        for manifest in _states(kubectl, name):
            shown = (manifest.get("spec"), manifest.get("status"))
            if shown != seen:
                typer.echo(render(manifest, datetime.now(UTC), _width()) + "\n")
            seen = shown


def _states(kubectl: Kubectl, name: str) -> Iterator[Manifest]:
    while True:  # the API server ends a watch after a while
        with kubectl.watch(DEPLOYMENTS, name) as states:
            yield from states


def _every_second(states: Iterator[Manifest]) -> Iterator[Manifest]:
    """Yield each state at once, and the last one each second; raise what ended the states."""
    arrived: queue.Queue[Manifest | BaseException] = queue.Queue()

    def read() -> None:
        try:
            for state in states:
                arrived.put(state)
        except BaseException as error:  # raised below, in the thread that draws
            arrived.put(error)

    threading.Thread(target=read, daemon=True).start()
    last: Manifest | None = None
    while True:
        with suppress(queue.Empty):
            state = arrived.get(timeout=1)
            if isinstance(state, BaseException):
                raise state
            last = state
        if last is not None:
            yield last


def _width() -> int:
    return Console().width if sys.stdout.isatty() else _WIDTH
