"""A model fitted and judged in memory, as a run has it before it describes it."""

from pathlib import Path
from tempfile import TemporaryDirectory

from model_server.contract.manifest import TrainingJob
from model_server.train.fit.evaluation import Trained, evaluate
from model_server.train.fit.pipeline import fit, make_pipeline
from model_server.train.fit.positive import choose_positive
from model_server.train.prepare.matrices import check_rows, prepare
from model_server.train.rows.source import obtain
from model_server.train.run import chosen


def trained_on(job: TrainingJob, rows: str) -> Trained:
    """Return the model of these rows."""
    spec = job.spec
    estimator, classifier = chosen(job)
    with TemporaryDirectory() as directory:
        path = Path(directory) / "rows.csv"
        path.write_text(rows)
        checked = check_rows(obtain(spec.data, path, Path(directory)), spec)
    prepared = prepare(checked, spec, classifier)
    positive = choose_positive(spec.evaluation, prepared.train_target) if classifier else None
    pipeline = make_pipeline(spec.preprocessing, prepared.features, estimator, classifier)
    return evaluate(pipeline, prepared, spec.evaluation, positive, fit(pipeline, prepared))
