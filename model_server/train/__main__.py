"""The command `train`: a manifest in, a described model and an outcome out."""

import argparse
import os
import sys
from pathlib import Path

from model_server.contract import reasons
from model_server.contract.manifest import InvalidManifest, read_training_job
from model_server.contract.outcome import (
    INPUT_REFUSED_EXIT,
    TRY_AGAIN_EXIT,
    InputRefused,
    Outcome,
    TryAgain,
    write_outcome,
)
from model_server.contract.termination import exit_on_sigterm, termination_log
from model_server.train.stages import Stages, stages_for

GATE_FAILED_EXIT = 3


def main(argv: list[str]) -> int:
    """Return the exit code: 0 for a model, 3 for one that fails a gate, 65 for bad input, 75 for try again.

    In a pod a failed gate exits with 0: it is a result, which the termination message tells, and no attempt more
    would change it.
    """
    asked = arguments(argv)
    stages = stages_for(sys.stderr if sys.stderr.isatty() else sys.stdout)
    try:
        outcome, code = attempt(asked, stages)
    except Exception as error:
        report(Outcome(outcome="Failed", reason=reasons.TRAINING_FAILED, message=crash(error)), asked, stages)
        raise
    report(outcome, asked, stages)
    return code


def attempt(asked: argparse.Namespace, stages: Stages) -> tuple[Outcome, int]:
    """Return outcome and exit code; what is not foreseen is raised."""
    try:
        job = read_training_job(asked.job)
        from model_server.train.run import Order, train  # noqa: PLC0415  a bad manifest is answered at once

        with stages.shown():
            stages.name(job.metadata.name)
            outcome = train(Order(job, asked.output, asked.output_uri, asked.data, asked.replaces), stages)
    except InvalidManifest as error:
        return failed(reasons.INVALID_SPEC, str(error)), INPUT_REFUSED_EXIT
    except InputRefused as error:
        return failed(error.reason, error.message), INPUT_REFUSED_EXIT
    except TryAgain as error:
        return failed(error.reason, error.message), TRY_AGAIN_EXIT
    return outcome, exit_code(outcome, asked)


def exit_code(outcome: Outcome, asked: argparse.Namespace) -> int:
    """Return the exit code of an outcome that was reached."""
    if outcome.outcome == "GateFailed":
        return 0 if asked.termination_log else GATE_FAILED_EXIT
    return INPUT_REFUSED_EXIT if outcome.outcome == "Failed" else 0


def failed(reason: str, message: str) -> Outcome:
    """Return the outcome of a refusal."""
    return Outcome(outcome="Failed", reason=reason, message=message)


def crash(error: Exception) -> str:
    """Return a sentence for an error nobody foresaw."""
    if isinstance(error, MemoryError):
        return "the trainer ran out of memory; raise spec.pod.resources.limits.memory or train on fewer rows"
    return f"the trainer crashed: {type(error).__name__}: {' '.join(str(error).split())[:500]}"


def report(outcome: Outcome, asked: argparse.Namespace, stages: Stages) -> None:
    """Tell the outcome to people and, in a pod, to the operator; a failure also where a report is looked for."""
    if outcome.outcome == "Failed":
        from model_server.train.describe.report import leave_failure  # noqa: PLC0415  see attempt

        leave_failure(asked.output, outcome)
    stages.finish(outcome)
    if asked.termination_log:
        write_outcome(asked.termination_log, outcome)


def arguments(argv: list[str]) -> argparse.Namespace:
    """Return the parsed command line; `--job` and `--output` may come from the environment of a pod."""
    parser = argparse.ArgumentParser(
        prog="python -m model_server train", description="Train, judge, describe and store a model."
    )
    job, output = os.environ.get("LEEWAY_JOB"), os.environ.get("LEEWAY_OUTPUT")
    parser.add_argument(
        "--job", type=Path, default=job, required=not job, help="manifest of a TrainingJob, YAML or JSON"
    )
    parser.add_argument(
        "--output", type=Path, default=output, required=not output, help="directory for model and description"
    )
    parser.add_argument(
        "--output-uri", default="", help="where that directory is found later; s3:// uploads it"
    )
    parser.add_argument(
        "--data", type=Path, help="file of rows, or manifest of their ConfigMap, instead of spec.data.uri"
    )
    parser.add_argument(
        "--replaces", type=Path, help="directory or manifest of the version that this one is to replace"
    )
    parser.add_argument(
        "--termination-log",
        type=Path,
        default=termination_log(),
        help="file for the outcome as JSON of at most 4096 bytes (default: that of a pod)",
    )
    asked = parser.parse_args(argv)
    asked.job, asked.output = Path(asked.job), Path(asked.output)
    return asked


if __name__ == "__main__":
    exit_on_sigterm()
    sys.exit(main(sys.argv[1:]))
