"""`kubectl leeway simulate`: how often a policy rolls back a good canary, and how soon a bad one."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from leeway.cli import flags
from leeway.cli.figures import make_figures
from leeway.cli.flags import Output
from leeway.cli.pool import Endings, Simulation, run_all
from leeway.cli.read.options import Effects, Options, Pace, Sources, TypedRates
from leeway.cli.read.policy import read_policy
from leeway.cli.read.reading import Roles
from leeway.cli.refusal import BadInputError
from leeway.cli.report import Report
from leeway.cli.simulation import make_simulation
from leeway.core.gates.judging import judge

_WIDTH = 150  # where there is no terminal to ask
_BAD_INPUT = 2


def simulate(
    filename: flags.Filename,
    profile: flags.ProfileFile = None,
    stream: flags.Stream = None,
    canary_stream: flags.CanaryStream = None,
    time_ordered: flags.TimeOrdered = False,
    score_column: flags.ScoreColumn = "score",
    label_column: flags.LabelColumn = "",
    prediction_column: flags.PredictionColumn = "",
    worse: flags.Worse = None,
    drift: flags.Drift = None,
    broken: flags.Broken = None,
    error_rate: flags.ErrorRate = "1%",
    latency_rate: flags.LatencyRate = "5%",
    invalid_rate: flags.InvalidRate = "0%",
    label_rate: flags.LabelRate = "0%",
    wrong_rate: flags.WrongRate = "10%",
    label_delay: flags.LabelDelay = 0,
    requests_per_second: flags.RequestsPerSecond = 50,
    minutes: flags.Minutes = 30,
    round_seconds: flags.RoundSeconds = 5,
    looks: flags.Looks = 24,
    rollouts: flags.Rollouts = 200,
    seed: flags.Seed = 1,
    processes: flags.Processes = 0,
    output: flags.Format = Output.TABLE,
) -> None:
    """Show how often a rollout policy rolls back a good canary, and how soon a bad one.

    Reads gates, falseAlarmRate and the weight of a ModelDeployment manifest, plays rollouts with the code that the
    operator decides by, and prints the rate of false rollbacks, the time until a bad canary is rolled back and the
    requests it got until then. Needs no cluster.
    """
    options = Options(
        Sources(
            profile, stream, canary_stream, time_ordered, Roles(score_column, label_column, prediction_column)
        ),
        Effects(tuple(worse or ()), tuple(drift or ()), tuple(broken or ())),
        TypedRates(error_rate, latency_rate, invalid_rate, label_rate, wrong_rate),
        Pace(requests_per_second, minutes, round_seconds, label_delay, looks),
        rollouts,
        seed,
    )
    try:
        simulation, traffic = make_simulation(judge, read_policy(_read(filename), filename), options)
    except BadInputError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(_BAD_INPUT) from error
    figures = [make_figures(*found) for found in _run(simulation, processes or os.cpu_count() or 1).items()]
    _print(Report(simulation.policy, simulation.course, traffic, seed, tuple(figures)), output)


def _read(filename: str) -> str:
    try:
        return sys.stdin.read() if filename == "-" else Path(filename).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(f"{filename} cannot be read: {error}") from error


def _run(simulation: Simulation, processes: int) -> Endings:
    """Return how the rollouts end, and show on stderr how far they are."""
    columns = (TextColumn("simulating"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=simulation.rollouts * len(simulation.scenarios))
        return run_all(simulation, processes, lambda done: bar.advance(task, done))


def _print(report: Report, output: Output) -> None:
    if output is Output.JSON:
        typer.echo(report.document())
        return
    console = Console(width=None if sys.stdout.isatty() else _WIDTH, highlight=False, markup=False)
    typer.echo(f"{report.title}\n{report.subtitle}\n")
    console.print(report.table())
    typer.echo()
    for note in report.notes():
        typer.echo(note)
