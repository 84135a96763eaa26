"""The arguments and flags of all verbs, with the help that people read."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Output(StrEnum):
    """How the figures are printed."""

    TABLE = "table"
    JSON = "json"


Filename = Annotated[
    str,
    typer.Option(
        "--filename",
        "-f",
        metavar="FILE",
        help="File that contains the ModelDeployment whose policy to try; - is stdin.",
    ),
]
ProfileFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="profile.json of a version. By default a made-up one: ten columns of ten even bins.",
    ),
]
Stream = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="CSV file with recorded rows: the profile's columns and a score. By default rows are drawn from the"
        " profile's shares.",
    ),
]
CanaryStream = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="CSV file with the canary's answers to the same rows. Columns it lacks are those of --stream.",
    ),
]
TimeOrdered = Annotated[
    bool,
    typer.Option("--time-ordered", help="Say that the rows of --stream are in order of time; they must be."),
]
ScoreColumn = Annotated[
    str, typer.Option(metavar="COLUMN", help="Column of --stream that has the model's score.")
]
LabelColumn = Annotated[
    str, typer.Option(metavar="COLUMN", help="Column of --stream that has what turned out to be true.")
]
PredictionColumn = Annotated[
    str, typer.Option(metavar="COLUMN", help="Column of --stream that has the model's decision.")
]
Worse = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=FACTOR",
        help="A canary with so many times stable's share of errors, latency (slow requests), invalid (requests) or"
        " quality (wrong answers). May be repeated, as may the next two: each is simulated by itself. errors=2x if"
        " nothing is given, and a gate looks at errors.",
    ),
]
Drift = Annotated[
    list[str] | None,
    typer.Option(
        metavar="COLUMN=PSI",
        help="A canary that was trained in another world: traffic is at this PSI from its profile of a column, psi=0.3"
        " of the most important one. score=0.3 is a canary that answers with other scores.",
    ),
]
Broken = Annotated[
    list[str] | None,
    typer.Option(
        metavar="COLUMN",
        help="A canary that was trained with a column in other units, so that every value is outside of its profile.",
    ),
]
ErrorRate = Annotated[str, typer.Option(metavar="SHARE", help="Share of stable's requests that fail.")]
LatencyRate = Annotated[str, typer.Option(metavar="SHARE", help="Share of stable's answers that are slow.")]
InvalidRate = Annotated[
    str, typer.Option(metavar="SHARE", help="Share of stable's requests that are refused for their rows.")
]
LabelRate = Annotated[str, typer.Option(metavar="SHARE", help="Share of drawn answers that get a label.")]
WrongRate = Annotated[str, typer.Option(metavar="SHARE", help="Share of labelled answers that are wrong.")]
LabelDelay = Annotated[float, typer.Option(metavar="SECONDS", help="Time from an answer to its label.")]
RequestsPerSecond = Annotated[float, typer.Option(metavar="NUMBER", help="Requests of both arms together.")]
Minutes = Annotated[float, typer.Option(metavar="MINUTES", help="How long the canary is held, at most.")]
RoundSeconds = Annotated[float, typer.Option(metavar="SECONDS", help="Time between two scrapes.")]
Looks = Annotated[
    int,
    typer.Option(
        metavar="NUMBER",
        min=1,
        help="How often the evidence of a rollout is looked at, at most; looks are ever further apart.",
    ),
]
Rollouts = Annotated[int, typer.Option(metavar="NUMBER", min=1, max=100_000, help="Rollouts of each canary.")]
Seed = Annotated[
    int,
    typer.Option(metavar="NUMBER", help="Seed of the random numbers; the same one gives the same figures."),
]
Processes = Annotated[
    int, typer.Option(metavar="NUMBER", min=0, max=256, help="Processes to run; 0 is one for each CPU.")
]
Format = Annotated[Output, typer.Option("--output", "-o", help="Output format.")]

Deployment = Annotated[str, typer.Argument(metavar="NAME", help="Name of the ModelDeployment.")]
Version = Annotated[str, typer.Argument(metavar="VERSION", help="Name of the ModelVersion.")]
Namespace = Annotated[
    str, typer.Option("--namespace", "-n", metavar="NS", help="Its namespace; by default kubectl's.")
]
Context = Annotated[
    str,
    typer.Option(metavar="NAME", help="The context of kubectl's configuration; by default the current one."),
]
Once = Annotated[bool, typer.Option("--once", help="Print one frame and end.")]
Timeout = Annotated[
    float, typer.Option(metavar="SECONDS", min=0, help="How long the operator's answer is awaited.")
]

EXAMPLES = """\b
Examples:
  # Rows and requests are drawn; in the bad canary, twice as many fail
  kubectl leeway simulate -f modeldeployment.yaml
\b
  # By a version's profile; three bad canaries, each by itself
  kubectl leeway simulate -f modeldeployment.yaml --profile profile.json \\
    --worse latency=3x --drift psi=0.3 --broken income
\b
  # On recorded rows, in order of time
  kubectl leeway simulate -f modeldeployment.yaml --profile profile.json \\
    --stream rows.csv --time-ordered --canary-stream canary.csv
"""
