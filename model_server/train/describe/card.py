"""The model card: what a person asks before trusting a model, in Markdown."""

import numpy as np

from model_server.artifact.stores.uris import shown
from model_server.contract.manifest import Cleaning, Preprocessing, TrainingJob
from model_server.contract.outcome import Outcome
from model_server.train.describe.markdown import code, percent, table
from model_server.train.fit.evaluation import Trained
from model_server.train.fit.refusal import is_missing
from model_server.train.prepare.matrices import Prepared
from model_server.train.profile.make import Made

MAX_CLASSES = 20


def make_card(job: TrainingJob, trained: Trained, made: Made, outcome: Outcome) -> str:
    """Return the card of a version; every number of its metrics is in the outcome too."""
    sections = (
        f"# {job.spec.model_name}: {job.metadata.name}\n\n{outcome.message}\n",
        warnings_section(trained),
        rows_section(job, trained, outcome),
        preparation_section(job.spec.cleaning, job.spec.preprocessing),
        metrics_section(trained, outcome),
        model_section(job, outcome),
        profile_section(made),
        limits_section(job, trained.prepared, outcome),
    )
    return "\n".join(section for section in sections if section)


def warnings_section(trained: Trained) -> str:
    """Return what to know first; empty when there is nothing."""
    if not trained.warnings:
        return ""
    return "## Warnings\n\n" + "".join(f"- {' '.join(one.split())}\n" for one in trained.warnings)


def rows_section(job: TrainingJob, trained: Trained, outcome: Outcome) -> str:
    """Return where the rows came from and what became of them."""
    dataset, prepared = outcome.dataset, trained.prepared
    assert dataset
    facts = {
        "Source": code(shown(job.spec.data.uri)),
        "Digest": code(dataset.digest),
        **({"Rows read": str(dataset.rows_read)} if dataset.rows_read else {}),
        **{f"Dropped by {step}": f"{count} rows" for step, count in prepared.dropped.items()},
        "Rows": f"{dataset.rows} after cleaning, {dataset.train_rows} for training, {dataset.test_rows} held out",
        "Split": split_sentence(job, prepared),
        "Target": code(job.spec.data.target),
    }
    expected = len(job.spec.data.expectations)
    kept = f"\nAll {expected} expectations were met.\n" if expected else ""
    return f"## Data\n\n{table(('', ''), facts.items())}\n{classes_table(trained)}{features_table(trained)}{kept}"


def split_sentence(job: TrainingJob, prepared: Prepared) -> str:
    """Return how rows were held out, and how many of them really."""
    split = job.spec.data.split
    if not prepared.held_out:
        return "none: no rows are held out"
    column = split.time_column or split.group_column
    chosen = "Time" if split.time_column else "Group" if split.group_column else split.method
    by = f"{chosen} by {code(column)}" if column else chosen or "by class where possible"
    held_out = percent(prepared.held_out / (len(prepared.train) + prepared.held_out))
    return f"{by}; {held_out} held out ({split.test_percent} % asked); seed {job.spec.seed}"


def classes_table(trained: Trained) -> str:
    """Return how many rows each class has on both sides of the split; empty for numbers and too many classes."""
    prepared, classes = trained.prepared, trained.answers.classes
    if not 0 < len(classes) <= MAX_CLASSES:
        return ""
    rows = [
        (
            code(one) + (" (positive)" if str(one) == trained.positive_class else ""),
            counted(prepared.train_target == one),
            counted(prepared.judged_target == one) if prepared.held_out else "-",
        )
        for one in classes.tolist()
    ]
    return table(("class", "training rows", "held-out rows"), rows) + "\n"


def counted(chosen: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> str:
    """Return how many rows were chosen, and their share."""
    return f"{int(chosen.sum())} ({percent(float(chosen.mean()))})"


def features_table(trained: Trained) -> str:
    """Return type, missing values and strength of every feature."""
    prepared = trained.prepared
    missing = is_missing(prepared.train).mean(axis=0)
    alone = {one.feature: f"{one.measure} {one.value:.3g}" for one in trained.alone}
    rows = (
        (
            feature.name,
            feature.type,
            percent(float(missing[place])),
            alone.get(feature.name, "-"),
        )
        for place, feature in enumerate(prepared.features)
    )
    return (
        table(("feature", "type", "missing", "alone"), rows)
        + "\n*missing*: share of the training rows. *alone*: how well the column by itself tells the target of the "
        "held-out rows; guessing has an AUC of 0.5 and an R2 of 0.\n"
    )


def preparation_section(cleaning: Cleaning, preprocessing: Preprocessing) -> str:
    """Return what was done to rows before the fit and is done to requests."""
    steps = {
        "Numbers": f"impute {preprocessing.numeric.impute}, scale {preprocessing.numeric.scale}",
        "Categories": f"impute {preprocessing.categorical.impute}, encode {preprocessing.categorical.encode}",
    }
    if preprocessing.select:
        steps["Selection"] = f"the {preprocessing.select.k} encoded columns that depend most on the target"
    if preprocessing.pca:
        steps["Components"] = f"{preprocessing.pca.components} principal components"
    rules = {
        "Repeated rows": "dropped" if cleaning.drop_duplicates else "kept",
        "Rows without target": "dropped" if cleaning.drop_missing_target else "refused",
        "Rows that miss a feature": "dropped" if cleaning.drop_missing_rows else "kept",
    }
    if cleaning.clip_outliers:
        clip = cleaning.clip_outliers
        rules["Outliers"] = f"clipped to the quantiles {clip.lower_quantile} and {clip.upper_quantile}"
    return (
        f"## Preparation\n\nCleaning, of the rows before the fit:\n\n{table(('', ''), rules.items())}\n"
        f"Preprocessing, a part of the model:\n\n{table(('', ''), steps.items())}"
    )


def metrics_section(trained: Trained, outcome: Outcome) -> str:
    """Return metrics and gates, and on which rows they were measured."""
    prepared = trained.prepared
    rows = (
        f"on {prepared.held_out} held-out rows the model never saw"
        if prepared.held_out
        else f"on the {len(prepared.judged)} training rows themselves: **they say nothing about new rows**"
    )
    guess = "the class shares" if len(trained.answers.classes) else "the mean"
    values = [
        *((name, value, outcome.baseline.get(name, "-")) for name, value in outcome.metrics.items()),
        *((name, f"not defined: {why.reason}", "-") for name, why in trained.metrics.undefined.items()),
    ]
    text = (
        f"## Metrics\n\nMeasured {rows}. The baseline sees no feature: it answers with {guess} of the training rows."
        f"{positive_sentence(outcome)}\n\n{table(('metric', 'value', 'baseline'), values)}"
    )
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
    if not outcome.positive_class:
        return ""
    return (
        " The positive class, of which precision, recall, f1, averagePrecision and the probability in answers speak, "
        f"is {code(outcome.positive_class)}."
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


def profile_section(made: Made) -> str:
    """Return which rows and columns requests will be compared with, or why with none."""
    profile, because = made.profile, f" ({made.why})" if made.why else ""
    if profile is None:
        return (
            f"## Reference profile\n\nIt has no reference profile: {made.why}. Drift from the training rows cannot be "
            "measured.\n"
        )
    kinds = {"holdout": "held-out rows", "out-of-fold": "rows, each answered by a model fitted without it"}
    text = (
        f"## Reference profile\n\nIt counts {profile.source.rows} {kinds[profile.source.kind]}{because}. Importance is "
        "how much of what a constant answer gets wrong comes back when the column is shuffled.\n\n"
    )
    text += table(
        ("column", "importance"),
        (
            (feature.name, "-" if feature.importance is None else f"{feature.importance:.3g}")
            for feature in profile.features
        ),
    )
    if profile.left_out:
        text += "\n" + table(("left out", "why"), ((one.name, one.reason) for one in profile.left_out))
    return text


def limits_section(job: TrainingJob, prepared: Prepared, outcome: Outcome) -> str:
    """Return what the model is not good for, as far as the trainer can tell."""
    limits = [
        "It is meant for rows like those above; a feature outside their range is answered, but was never tried.",
        f"It loads only under scikit-learn {outcome.packages['scikit-learn']}.",
        "`job.json` beside it makes it again from the same rows.",
    ]
    if job.spec.cleaning.clip_outliers:
        limits.append(
            "Outliers were clipped in the training rows only. Held-out rows and requests keep theirs, which are beyond "
            "all that the model has learned from."
        )
    if any(feature.type == "categorical" for feature in prepared.features):
        limits.append("A category that was not in the training rows is answered as none of the known ones.")
    return "## Limits\n\n" + "".join(f"- {limit}\n" for limit in limits)
