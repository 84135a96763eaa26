"""What happens in the world of a rollout: the script of a story is made of these."""

from __future__ import annotations

import json
from typing import Any

from leeway.api.gates import ArmCounts, Evidence, Shown, Verdict, VerdictState
from leeway.api.kinds import MODEL_VERSION, Key
from leeway.core.deployment.publication import Publication
from leeway.core.gates.question import Question, make_questions
from leeway.core.names import ANNOTATION_COMMAND, ANNOTATION_COMMAND_TOKEN
from leeway.core.versions.quarantine import LIFT
from tests.core.rollouts.picture import Picture
from tests.core.rollouts.pods import Life
from tests.core.rollouts.simulation import Happening, Simulation
from tests.core.worlds import NAMESPACE

# The effect by what is asked and what may be concluded: a PSI, or an odds ratio.
PSI, ODDS = {"Pass": 0.02, "Unknown": 0.11, "Fail": 0.81}, {"Pass": 1.0, "Unknown": 1.3, "Fail": 4.2}
DRIFTS = ("DataDrift", "PredictionDrift", "Divergence", "ArmsComparable")


def edit(**changes: Any) -> Happening:
    """Let a person edit fields of the spec; None removes one."""

    def happening(simulation: Simulation) -> str:
        manifest = simulation.manifest()
        spec = {name: value for name, value in (manifest["spec"] | changes).items() if value is not None}
        metadata = manifest["metadata"] | {"generation": manifest["metadata"]["generation"] + 1}
        simulation.cluster.store({**manifest, "metadata": metadata, "spec": spec})
        said = ", ".join(f"{name} to {json.dumps(value)}" for name, value in changes.items())
        return f"a person sets spec.{said}"

    return happening


def command(name: str, token: str = "1") -> Happening:
    """Let a person give a command."""

    def happening(simulation: Simulation) -> str:
        manifest = simulation.manifest()
        given = {ANNOTATION_COMMAND: name, ANNOTATION_COMMAND_TOKEN: token}
        annotations = {annotation: value for annotation, value in given.items() if value}
        metadata = manifest["metadata"] | {"annotations": annotations}
        simulation.cluster.store({**manifest, "metadata": metadata})
        return f"a person commands {name or 'nothing'}, token {token or 'none'}"

    return happening


def lifted(version: str) -> Happening:
    """Let a person lift the quarantine of a version."""

    def happening(simulation: Simulation) -> str:
        manifest = simulation.cluster.objects[Key(MODEL_VERSION.kind, NAMESPACE, version)]
        annotations = {ANNOTATION_COMMAND: LIFT, ANNOTATION_COMMAND_TOKEN: "1"}
        metadata = manifest["metadata"] | {"annotations": annotations}
        simulation.cluster.store({**manifest, "metadata": metadata})
        return f"a person lifts the quarantine of {version}"

    return happening


def judged(requests: int, **states: str) -> Happening:
    """Let the collector publish: a verdict for each gate that is named by its metric, Unknown for the others."""

    def happening(simulation: Simulation) -> str:
        picture = simulation.picture()
        publication = _publication(simulation, picture, requests, states)
        if publication is None:
            return f"the collector has nothing to judge ({requests} requests)"
        simulation.publish(publication)
        said = ", ".join(f"{name} {state}" for name, state in states.items())
        of = simulation.names.of(publication.evidence.canary.revision)
        return f"the collector has {requests} requests of {of}: {said or 'Unknown'}"

    return happening


def fare(name: str, life: Life) -> Happening:
    """Let the pods of a revision, those that are there included, fare otherwise from now on."""

    def happening(simulation: Simulation) -> str:
        simulation.lives[name] = life
        return f"the pods of {name} {life.told}"

    return happening


def upgraded(image: str) -> Happening:
    """Let the operator be upgraded to a release with another server image."""

    def happening(simulation: Simulation) -> str:
        simulation.upgrade(image)
        return f"the operator is upgraded: its server image is {image}"

    return happening


def restarted() -> Happening:
    """Let the operator's process be killed, and another one start."""

    def happening(simulation: Simulation) -> str:
        simulation.restart()
        return "the operator is killed, and starts again"

    return happening


def _publication(
    simulation: Simulation,
    picture: Picture,
    requests: int,
    states: dict[str, str],
) -> Publication | None:
    stable, canary = picture.status.stable, picture.status.canary
    is_beside = canary is not None and (canary.step_time or canary.step > 1)
    if stable is None or canary is None or not is_beside:
        return None
    questions = make_questions(picture.spec.gates, float(picture.spec.false_alarm_rate))
    pods = {name: size.ready for name, size in picture.sizes.items()}

    def counts(revision: str, requests: int) -> ArmCounts:
        count = pods.get(simulation.names.of(revision), 0)
        return ArmCounts(revision=revision, requests=requests, rows=requests, pods=count, answered=count)

    evidence = Evidence(
        start_time=canary.start_time,
        time=simulation.now,
        canary=counts(canary.revision, requests),
        stable=counts(stable.revision, 3 * requests),
        shown=Shown(requests=requests, timed=requests),
        checkpoint="abcd",
    )
    verdicts = tuple(_verdict(one, states.get(one.metric, "Unknown"), requests) for one in questions)
    return Publication(verdicts, evidence)


def _verdict(question: Question, state: str, rows: int) -> Verdict:
    effect = (PSI if question.metric in DRIFTS else ODDS)[state]
    lower, upper = {"Pass": (0.0, 1.4), "Unknown": (0.4, 4.0), "Fail": (0.8, 1.3)}[state]
    return Verdict(
        name=question.name,
        metric=question.metric,
        state=VerdictState(state),
        message=f"{question.metric} is {effect} after {rows:,} rows of the canary.",
        effect=f"{effect:.4g}",
        lower=f"{effect * lower:.4g}",
        upper=f"{effect * upper:.4g}",
        threshold=f"{question.threshold:.4g}",
        canary_rows=rows,
        stable_rows=3 * rows,
        planned_rows=2_000,
        features=("income",) if (question.metric, state) == ("DataDrift", "Fail") else (),
    )
