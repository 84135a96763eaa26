"""The main job: three manifests in, answered predictions out, on the real cluster."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cluster.kube import ROOT, Kube, eventually
from tests.cluster.main_job import LINE, LOANS, ask_the_line, auc_through_the_service, deploy
from tests.cluster.manifests import config_map, model_deployment, training_job

EXAMPLES = sorted(path for path in (ROOT / "examples").iterdir() if path.is_dir())


def test_the_line_answers_what_its_source_document_says(ml: Kube) -> None:
    deploy(ml, LINE, "linear-regression")
    assert ask_the_line(ml) == pytest.approx([2.0, 4.0, 6.0], abs=1e-6)


def test_the_loans_score_as_they_were_trained(ml: Kube, tmp_path: Path) -> None:
    deploy(ml, LOANS, "car-loan")
    trained = ml.get("tj", "car-loan-1")["status"]["metrics"]["rocAuc"]
    assert auc_through_the_service(ml, tmp_path) == pytest.approx(float(trained), abs=1e-6)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_every_example_passes_a_dry_run(operator: Kube, namespace: Kube, example: Path) -> None:
    assert "created (server dry run)" in namespace.do("apply", "--dry-run=server", "-f", str(example))


def test_the_first_screen_tells_what_is_live(ml: Kube) -> None:
    ml.apply(config_map(), training_job(), model_deployment())
    ml.await_condition("mdep", "line", "Ready", "True")
    screen = ml.do("get", "leeway")
    for word in (
        "modeldeployment.leeway.dev/line",
        "modelversion.leeway.dev/line-1",
        "Available",
        "Verified",
        "r2=1",
    ):
        assert word in screen


def test_a_second_version_takes_over_and_the_first_is_kept_at_zero(ml: Kube) -> None:
    ml.apply(config_map(), training_job(), training_job("line-2"), model_deployment())
    ml.await_condition("mdep", "line", "Ready", "True")
    ml.await_condition("mver", "line-2", "Ready", "True")
    ml.apply(model_deployment(version="line-2"))

    def has_taken_over() -> bool:
        stable = ml.get("mdep", "line")["status"]["stable"]["modelVersionName"]
        return bool(stable == "line-2" and ml.condition("mdep", "line", "Ready")["status"] == "True")

    eventually(has_taken_over, "line-2 is stable and available")

    def sizes() -> list[int]:
        return sorted(deployment["spec"]["replicas"] for deployment in ml.list_("deployment"))

    eventually(lambda: sizes() == [0, 1], "the former version's time is up", 120, sizes)
    assert [e["reason"] for e in ml.list_("events") if e["reason"] == "Promoted"] == ["Promoted", "Promoted"]


def test_scale_and_explain_work_as_with_any_kind(ml: Kube) -> None:
    ml.apply(config_map(), training_job(), model_deployment())
    ml.await_condition("mdep", "line", "Ready", "True")
    ml.do("scale", "mdep/line", "--replicas=2")
    eventually(lambda: ml.get("mdep", "line")["status"].get("readyReplicas") == 2, "two replicas")
    assert "progressDeadlineSeconds" in ml.do("explain", "mdep.spec.rollout")
