"""The model card: what a person asks before trusting a model, in Markdown."""

from collections.abc import Iterable
from typing import Any

from model_server.artifact.uris import shown
from model_server.contract.manifest import TrainingJob
from model_server.contract.outcome import Outcome
from model_server.train.describe.reference import MIN_ROWS
from model_server.train.prepare.matrices import Prepared


def make_card(job: TrainingJob, prepared: Prepared, outcome: Outcome, warnings: Iterable[str]) -> str:
    """Return the card of a version; every number in it is in the outcome too."""
    sections = (
        heading(job, outcome),
        rows_section(job, prepared, outcome),
        metrics_section(prepared, outcome),
        model_section(job, outcome),
        limits_section(prepared, outcome, warnings),
    )
    return "\n".join(sections)


def heading(job: TrainingJob, outcome: Outcome) -> str:
    """Return title and verdict."""
    return f"# {job.spec.model_name}: {job.metadata.name}\n\n{outcome.message}\n"


def rows_section(job: TrainingJob, prepared: Prepared, outcome: Outcome) -> str:
    """Return where the rows came from and what became of them."""
    dataset = outcome.dataset
    assert dataset
    split = job.spec.data.split
    facts = {
        "Source": code(shown(job.spec.data.uri)),
        "Digest": code(dataset.digest),
        "Rows": f"{dataset.rows} after cleaning, {dataset.train_rows} for training, {dataset.test_rows} held out",
        "Split": f"{split.method or 'by class where possible'}, {split.test_percent} % held out, seed {job.spec.seed}",
        "Target": code(job.spec.data.target),
        **{f"Dropped by {step}": f"{count} rows" for step, count in prepared.dropped.items()},
    }
    features = table(("feature", "type"), ((one.name, one.type) for one in prepared.features))
    expected = len(job.spec.data.expectations)
    kept = f"\nAll {expected} expectations were met.\n" if expected else ""
    return f"## Data\n\n{table(('', ''), facts.items())}\n{features}{kept}"


def metrics_section(prepared: Prepared, outcome: Outcome) -> str:
    """Return metrics and gates, and on which rows they were measured."""
    rows = (
        f"on {prepared.held_out} held-out rows the model never saw"
        if prepared.held_out
        else f"on the {len(prepared.judged)} training rows themselves: **they say nothing about new rows**"
    )
    values = table(("metric", "value"), outcome.metrics.items())
    text = f"## Metrics\n\nMeasured {rows}.{positive_sentence(outcome)}\n\n{values}"
    if outcome.gates:
        verdicts = (
            (
                gate.name,
                gate.metric,
                gate.threshold,
                gate.value or "undefined",
                "yes" if gate.passed else "**no**",
            )
            for gate in outcome.gates
        )
        text += "\n" + table(("gate", "metric", "threshold", "value", "passed"), verdicts)
    return text


def positive_sentence(outcome: Outcome) -> str:
    """Return which of two classes the metrics of one class speak of, empty when there are not two."""
    signature: Any = outcome.signature or {"outputs": [{}]}
    classes = signature["outputs"][0].get("classes", ())
    if len(classes) != 2:
        return ""
    return (
        f" The positive class, of which precision, recall, f1, rocAuc and brier speak, is {code(classes[1])}."
    )


def model_section(job: TrainingJob, outcome: Outcome) -> str:
    """Return estimator, parameters and versions."""
    estimator = job.spec.estimator
    facts = {
        "Estimator": code(estimator.class_),
        **{f"Parameter {name}": code(value) for name, value in sorted(estimator.params.items())},
        **outcome.packages,
    }
    if model := outcome.files.get("model"):
        facts["Model file"] = f"{model.size_bytes} bytes, {code(model.digest)}"
    return f"## Model\n\n{table(('', ''), facts.items())}"


def limits_section(prepared: Prepared, outcome: Outcome, warnings: Iterable[str]) -> str:
    """Return what the model is not good for, as far as the trainer can tell."""
    limits = [
        "It is meant for rows like those above; a feature outside their range is answered, but was never tried.",
        f"It loads only under scikit-learn {outcome.packages['scikit-learn']}.",
    ]
    if "profile" not in outcome.files:
        limits.append(
            f"It has no reference profile, since {prepared.held_out} rows were held out and {MIN_ROWS} are needed; "
            "drift from the training rows cannot be measured."
        )
    if any(feature.type == "categorical" for feature in prepared.features):
        limits.append("A category that was not in the training rows is answered as none of the known ones.")
    limits += [f"Warning while fitting: {warning}" for warning in warnings]
    return "## Limits\n\n" + "".join(f"- {limit}\n" for limit in limits)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table; cells cannot break out of it."""
    names = tuple(head)
    lines = [names, ("---",) * len(names), *(tuple(cell(one) for one in row) for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def cell(text: str) -> str:
    """Return the text on one line without column marks."""
    return " ".join(str(text).replace("|", "\\|").split())


def code(text: str) -> str:
    """Return the text as code."""
    return f"`{str(text).replace('`', '')}`"
