"""Saying what the trainer is at: a bar for people at a terminal, a JSON line per stage for log collectors."""

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol, TextIO

from model_server.contract.outcome import Outcome

STAGES = ("fetch", "check", "prepare", "fit", "evaluate", "profile", "describe", "store")
BAR_CELLS = 20


class Stages(Protocol):
    """Where progress is told."""

    def name(self, job: str) -> None:
        """Tell which job it is about."""
        ...

    def shown(self) -> AbstractContextManager[object]:
        """Return the context in which stages are shown."""
        ...

    def begin(self, stage: str, sentence: str) -> None:
        """Tell that a stage of STAGES begins."""
        ...

    def finish(self, outcome: Outcome) -> None:
        """Tell how it ended."""
        ...


def stages_for(stream: TextIO) -> Stages:
    """Return a bar when the stream is a terminal, else lines."""
    return Bar(stream) if stream.isatty() else Lines(stream)


class Lines:
    """One JSON object per line."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.job = ""

    def name(self, job: str) -> None:
        """Name the job in every further line."""
        self.job = job

    def shown(self) -> AbstractContextManager[object]:
        """Return nothing to enter."""
        return nullcontext()

    def begin(self, stage: str, sentence: str) -> None:
        """Write the stage and its number."""
        step = STAGES.index(stage) + 1
        self.write({"stage": stage, "step": step, "of": len(STAGES), "job": self.job, "message": sentence})

    def finish(self, outcome: Outcome) -> None:
        """Write each warning, then outcome, reason, message and metrics."""
        for warning in outcome.warnings:
            self.write({"level": "warning", "job": self.job, "message": warning})
        told = {"outcome": outcome.outcome, "reason": outcome.reason, "job": self.job}
        self.write({**told, "message": outcome.message, "metrics": outcome.metrics})

    def write(self, line: Mapping[str, Any]) -> None:
        """Write one line at once, so that a killed pod leaves its last stage."""
        self.stream.write(json.dumps(line, ensure_ascii=False) + "\n")
        self.stream.flush()


class Bar:
    """A progress bar, and tables at the end."""

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console  # noqa: PLC0415  terminals only
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415
        from rich.table import Column  # noqa: PLC0415

        self.console = Console(file=stream)
        # The sentence gives way in a narrow terminal, not the bar: it has what the other columns leave.
        rest = Column(ratio=1, no_wrap=True, overflow="ellipsis")
        self.progress = Progress(
            BarColumn(bar_width=BAR_CELLS),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}", markup=False, table_column=rest),
            console=self.console,
            transient=True,
            expand=True,
        )
        self.task = self.progress.add_task("", total=len(STAGES))

    def name(self, job: str) -> None:
        """Print the name once."""
        self.console.print(job, markup=False)

    def shown(self) -> AbstractContextManager[object]:
        """Return the live bar."""
        return self.progress

    def begin(self, stage: str, sentence: str) -> None:
        """Move the bar to the stage."""
        self.progress.update(self.task, completed=STAGES.index(stage), description=sentence)

    def finish(self, outcome: Outcome) -> None:
        """Print metrics beside the baseline, gates, what became of the rows, warnings, and the last sentence."""
        from rich.table import Table  # noqa: PLC0415  terminals only
        from rich.text import Text  # noqa: PLC0415

        if outcome.metrics:
            table = Table("metric", "value", "baseline", "gate", box=None)
            for name, value in outcome.metrics.items():
                table.add_row(name, value, outcome.baseline.get(name, ""), gates_on(outcome, name))
            self.console.print(table)
        for fact in facts_of(outcome):
            self.console.print(fact, markup=False)
        for warning in outcome.warnings:
            self.console.print(Text(f"warning: {warning}", style="yellow"))
        colour = {"Succeeded": "green", "GateFailed": "yellow"}.get(outcome.outcome, "red")
        self.console.print(Text(f"{outcome.reason}: {outcome.message}", style=colour))


def gates_on(outcome: Outcome, metric: str) -> str:
    """Return the gates on a metric in a few words."""
    found = (gate for gate in outcome.gates if gate.metric == metric)
    return ", ".join(f"{gate.threshold} {'passed' if gate.passed else 'FAILED'}" for gate in found)


def facts_of(outcome: Outcome) -> list[str]:
    """Return which class was looked for and which rows were lost, as sentences."""
    facts = []
    if outcome.positive_class:
        facts.append(f'positive class, of which precision, recall and f1 speak: "{outcome.positive_class}"')
    dropped = outcome.dataset.dropped if outcome.dataset else {}
    if dropped:
        facts.append("dropped: " + ", ".join(f"{count} rows by {step}" for step, count in dropped.items()))
    return facts
