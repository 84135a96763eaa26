"""What people see in a terminal of 80 columns, while it trains and at the end."""

import io

from model_server.contract.outcome import Dataset, GateResult, Outcome
from model_server.train.stages import BAR_CELLS, Bar

DIGEST = "sha256:" + "a" * 64
OUTCOME = Outcome(
    outcome="GateFailed",
    reason="GateFailed",
    message='1 of 1 gates failed: find: recall of class "bad" is 0.4, >= 0.6 wanted',
    metrics={"accuracy": "0.9", "recall": "0.4"},
    baseline={"accuracy": "0.8", "recall": "0"},
    positive_class="bad",
    warnings=("ConvergenceWarning: lbfgs failed to converge", "a second warning"),
    gates=(GateResult(name="find", metric="recall", value="0.4", threshold=">= 0.6", passed=False),),
    dataset=Dataset(
        digest=DIGEST, rows=90, train_rows=70, test_rows=20, rows_read=100, dropped={"dropMissingTarget": 10}
    ),
)


def test_the_bar_keeps_its_length_beside_a_long_sentence() -> None:
    screen = io.StringIO()
    bar = Bar(screen)
    bar.console.width = 80
    bar.begin("fit", "fitting sklearn.ensemble.HistGradientBoostingClassifier on 43123 rows")
    bar.console.print(bar.progress.get_renderable())
    [line] = screen.getvalue().splitlines()
    assert line.index("3/8") == BAR_CELLS + 1
    assert "fitting sklearn" in line
    assert len(line) <= 80


def test_the_end_tells_what_a_person_must_know() -> None:
    screen = io.StringIO()
    Bar(screen).finish(OUTCOME)
    shown = " ".join(screen.getvalue().split())
    for words in (
        "accuracy 0.9 0.8",
        "recall 0.4 0 >= 0.6 FAILED",
        'positive class, of which precision, recall and f1 speak: "bad"',
        "dropped: 10 rows by dropMissingTarget",
        "warning: ConvergenceWarning: lbfgs failed to converge",
        "warning: a second warning",
        'recall of class "bad" is 0.4',
    ):
        assert words in shown
