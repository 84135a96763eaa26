"""What Leeway does with an object, as a value that can be compared: a pod, a plan, a result, a verdict, an answer."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from leeway.api.kinds import without_status
from leeway.api.model_deployment import ModelDeployment
from leeway.api.model_version import ModelVersion
from leeway.api.training.job import TrainingJob
from leeway.core.deployment.guarded import read_guarded
from leeway.core.gates.judging import judge
from leeway.core.guard.question import make_guard_questions
from leeway.core.names import ANNOTATION_MANIFEST
from leeway.core.training.job import make_train_job
from leeway.core.training.questions import plan_training
from leeway.core.training.record import is_record_of, make_model_version
from leeway.core.versions.job import make_verify_job
from leeway.core.versions.planner import plan_version
from model_server.contract.manifest import ModelVersion as ServedVersion
from model_server.contract.manifest import TrainingJob as TrainedJob
from model_server.contract.outcome import InputRefused
from model_server.http.messages import Request
from model_server.http.paths import ROUTES
from model_server.http.readiness import Readiness
from model_server.http.respond import respond
from model_server.http.routes import Site
from model_server.train.run import Order, train
from model_server.train.stages import Lines
from model_server.version.examine import refuse_other_papers
from model_server.version.load import load, make_served
from tests.contract.obeyed.examples import REQUEST, Manifest
from tests.core import test_deployment, test_training, test_versions
from tests.core.gates import arms
from tests.core.plans import written
from tests.core.worlds import NOON, PLATFORM, success
from tests.server.conftest import SETTINGS


def without_manifest(made: Any) -> Any:
    """The child without the object's own text in it: that it is handed on does not show that it is obeyed."""
    if isinstance(made, dict):
        return {name: without_manifest(child) for name, child in made.items() if name != ANNOTATION_MANIFEST}
    return [without_manifest(child) for child in made] if isinstance(made, list) else made


def trainer_job(manifest: Manifest) -> Any:
    """The Job that trains."""
    return without_manifest(make_train_job(TrainingJob.model_validate(manifest), manifest, PLATFORM))


def trained(manifest: Manifest) -> Any:
    """What the real trainer makes of it: its outcome and report, without what it only repeats."""
    job = msgspec.convert(manifest, TrainedJob)
    local = msgspec.structs.replace(job.spec, output=msgspec.structs.replace(job.spec.output, uri=None))
    with TemporaryDirectory() as directory:
        order = Order(msgspec.structs.replace(job, spec=local), Path(directory) / "out")
        try:
            outcome = msgspec.to_builtins(train(order, Lines(io.StringIO())))
        except InputRefused as refused:
            return refused.reason, refused.message
        if outcome["outcome"] == "Failed":
            return outcome
        report = json.loads((Path(directory) / "out" / "report.json").read_text())
    told = {name: report[name] for name in ("expectations", "features", "dropped")}
    # The seed is repeated in the outcome, name and parameters on the card, and every field in the job beside the model;
    # none shows that they were used.
    for name in ("card", "job"):
        outcome["files"].pop(name)
    return {**outcome, "seed": None}, told


def version_made(manifest: Manifest) -> Any:
    """The ModelVersion that a good run leaves."""
    folder = "s3://models/x/loan/loan-1"
    made = make_model_version(TrainingJob.model_validate(manifest), manifest, json.loads(success()), folder)
    return {name: part for name, part in made["spec"].items() if name != "lineage"}


def training_plan(manifest: Manifest) -> Any:
    """What is decided for a TrainingJob without a Job."""
    plan = plan_training(test_training.seen(manifest))
    return [child["kind"] for child in written(plan)], plan.status["conditions"]


def finished_plan(manifest: Manifest) -> Any:
    """What is still done for a TrainingJob that has ended."""
    succeeded = {"type": "Succeeded", "status": "True", "reason": "Completed", "message": "done"}
    done = {"conditions": [succeeded | {"lastTransitionTime": "2026-11-21T11:59:31Z"}]}
    ended = test_training.child("Complete")
    plan = plan_training(test_training.seen({**manifest, "status": done}, child=ended))
    return plan.tidy


def verifier_job(manifest: Manifest) -> Any:
    """The Job that verifies."""
    version = ModelVersion.model_validate(without_status(manifest))
    return without_manifest(make_verify_job(version, manifest, PLATFORM))


def version_plan(manifest: Manifest) -> Any:
    """What is decided for a verified version."""
    plan = plan_version(test_versions.seen({**manifest, "status": test_versions.VERIFIED}))
    return plan.status["conditions"], plan.status.get("headline")


def verdict(manifest: Manifest) -> Any:
    """What the verifier says, whose files are on this disk."""
    version = msgspec.convert(manifest, ServedVersion)
    try:
        load(version)
        refuse_other_papers(version, None)
    except InputRefused as refused:
        return refused.reason, refused.message
    return "Verified"


def answers(manifest: Manifest) -> Any:
    """What the server answers to a prediction and about its model, or why it does not start."""
    try:
        served = make_served(load(msgspec.convert(manifest, ServedVersion)), "")
    except InputRefused as refused:
        return refused.reason, refused.message
    site = Site(ROUTES, Readiness(served, ""), SETTINGS)
    asked = Request("POST", "/v1/models/loan:predict", {}, json.dumps(REQUEST).encode())
    replies = (respond(site, asked), respond(site, Request("GET", "/v2/models/loan")))
    return [(reply.status, reply.body) for reply in replies]


def record_kept(manifest: Manifest) -> Any:
    """Whether a TrainingJob takes the version for its own."""
    return is_record_of(manifest, "uid")


def deployment_plan(manifest: Manifest) -> Any:
    """What is decided for a new ModelDeployment: its condition and its Deployment, whatever its revision is called."""
    plan = test_deployment.plan_deployment(test_deployment.seen(manifest))
    made = [child for child in written(plan) if child["kind"] == "Deployment"]
    return plan.status["conditions"][0]["reason"], [_unnamed(without_manifest(child)) for child in made]


def canary_told(manifest: Manifest) -> Any:
    """The sizes of the Deployments once a second version is beside stable, and what is said of it."""
    beside = _beside(manifest, manifest["spec"])
    conditions = beside.manifest["status"]["conditions"]
    return test_deployment.sizes(beside), [one["message"] for one in conditions if one["type"] == "Ready"]


def promotion(manifest: Manifest) -> Any:
    """When the children of a version are looked at again after it was promoted."""
    rollout = {name: value for name, value in manifest["spec"]["rollout"].items() if name != "steps"}
    beside = _beside(manifest, manifest["spec"] | {"rollout": rollout, "gates": []})
    return test_deployment.plan_deployment(beside).look_again


def guard_told(manifest: Manifest) -> Any:
    """What the guard asks, what it does, and of how much of the past."""
    world = test_deployment.settled(test_deployment.seen(manifest))
    guarded = read_guarded(world.manifest)
    assert guarded is not None
    questions = [(one.asked.name, one.on_fail) for one in make_guard_questions(guarded.spec)]
    return questions, guarded.spec.guard.window_seconds


def _beside(manifest: Manifest, spec: Manifest) -> Any:
    """The world some reconciles after a second version was desired."""
    alone = {**manifest["spec"], "rollout": {}, "gates": []}
    world = test_deployment.settled(test_deployment.seen({**manifest, "spec": alone}))
    second = {**spec, "modelVersionName": "iris-2"}
    return test_deployment.settled(replace(_with_spec(world, second), versions=test_deployment.BOTH))


def verdicts(manifest: Manifest) -> Any:
    """What the judge says of a canary beside stable."""
    spec = ModelDeployment.model_validate(without_status(manifest)).spec
    seen = (arms.profile("a", (arms.column("x"),)), arms.profile("b", (arms.column("x"),)))
    stable, canary = (arms.arm(f"iris-{place}", profile=one) for place, one in enumerate(seen, start=1))
    drifted, as_before = (
        arms.Counts(columns={"x": arms.spread(2000, shares)}, scores=arms.spread(2000))
        for shares in (arms.ONE_SIDE, (0.1,) * 10)
    )
    return judge(
        spec.gates, spec.false_alarm_rate, arms.pair(drifted, as_before, arms=(canary, stable), weight=0.5)
    )


def history_plan(manifest: Manifest) -> Any:
    """What is deleted once three other revisions have served."""
    world = test_deployment.seen(manifest)
    for number in range(4):
        # Without a step, at which the next version would stay, and a time for which a former one is kept.
        rollout = {"scaleDownDelaySeconds": 0}
        spec = {**manifest["spec"], "runtime": {"maxRows": number + 1}, "rollout": rollout, "gates": []}
        world = test_deployment.settled(_with_spec(world, spec))
    return sorted(len(d["metadata"]["name"]) for d in world.children if d["kind"] == "Deployment")


def _with_spec(world: Any, spec: Manifest) -> Any:
    fresh = test_deployment.seen({**world.manifest, "spec": spec}, children=world.children)
    return replace(fresh, now=NOON)


def _unnamed(deployment: Manifest) -> Any:
    """The Deployment's template and size: its revision changes with every field, and would show nothing."""
    spec = json.loads(json.dumps(deployment["spec"]))
    spec.pop("selector")
    spec["template"]["metadata"]["labels"].pop("leeway.dev/revision")
    spec["template"]["spec"].pop("topologySpreadConstraints")
    return spec
