"""The policy of a ModelDeployment: its gates, its false-alarm rate and the steps of its canary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from leeway.api.deployment.rollout import OnInconclusive, RolloutStep
from leeway.api.gates import OWN_GATES, Gate
from leeway.api.kinds import MODEL_DEPLOYMENT, Manifest, without_status
from leeway.api.model_deployment import ModelDeployment
from leeway.cli.refusal import BadInputError
from leeway.core.deployment.sizes import canary_pods, stable_pods
from leeway.core.deployment.steps import steps_in

_MOST_ALARMS = 0.2  # as the CRD's rule has it


@dataclass(frozen=True, slots=True)
class Policy:
    """What a canary is judged by."""

    name: str
    model: str
    gates: tuple[Gate, ...]
    false_alarm_rate: str
    steps: tuple[RolloutStep, ...]
    replicas: int
    on_inconclusive: OnInconclusive

    @property
    def shares(self) -> tuple[float, ...]:
        """Return the canary's share of the pods, and so of the requests, at each step."""
        pods = [canary_pods(self.replicas, step.weight) for step in self.steps]
        return tuple(canary / (canary + stable_pods(self.replicas, canary)) for canary in pods)


def read_policy(text: str, source: str) -> Policy:
    """Return the policy of the one ModelDeployment in YAML; raise BadInputError naming the source and the field."""
    manifest = _deployment_in(text, source)
    try:
        deployment = ModelDeployment.model_validate(without_status(manifest))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise BadInputError(f"{source}: {_path(first['loc'])}: {first['msg']}") from error
    for problem in _problems(deployment, manifest):
        raise BadInputError(f"{source}: {problem}")
    spec = deployment.spec
    return Policy(
        deployment.metadata.name,
        spec.model_name,
        spec.gates,
        spec.false_alarm_rate,
        steps_in(spec),
        spec.replicas,
        spec.rollout.on_inconclusive,
    )


def _deployment_in(text: str, source: str) -> Manifest:
    try:
        documents = [one for one in yaml.safe_load_all(text) if one is not None]
    except yaml.YAMLError as error:
        raise BadInputError(f"{source} is no YAML: {error}") from error
    kind = MODEL_DEPLOYMENT.kind
    found = [one for one in documents if isinstance(one, dict) and one.get("kind") == kind]
    if len(found) != 1:
        raise BadInputError(f"{source} has {len(found)} objects of kind {kind}; give a file that has one.")
    if not isinstance(found[0].get("spec"), dict):
        raise BadInputError(f"{source}: spec: it is missing, or has no fields")
    return found[0]


def _problems(deployment: ModelDeployment, manifest: Manifest) -> Iterator[str]:
    """Yield what the cluster would refuse or drop, and what leaves nothing to simulate."""
    spec = deployment.spec
    for path in _unknown(deployment.spec, manifest["spec"], "spec"):
        yield f"{path}: there is no such field; correct its spelling or remove it"
    if not steps_in(spec):
        yield (
            "spec.rollout.steps: it is empty, and so are spec.gates, so that no canary is judged; add a step such as"
            " {weight: 10, holdSeconds: 600}"
        )
    if not spec.replicas:
        yield "spec.replicas: it is 0, so that nothing answers; give it the number that the model is served with"
    if not 0 < float(spec.false_alarm_rate) <= _MOST_ALARMS:
        yield f"spec.falseAlarmRate: {spec.false_alarm_rate} is not above 0 and at most {_MOST_ALARMS}"
    yield from _problems_of_gates(spec.gates)


def _problems_of_gates(gates: Sequence[Gate]) -> Iterator[str]:
    for place, gate in enumerate(gates):
        if gate.name in OWN_GATES:
            yield f"spec.gates[{place}].name: every rollout has a gate {gate.name}; choose another name"
    for name, times in Counter(gate.told_as for gate in gates).items():
        if times > 1:
            yield f"spec.gates: {times} gates are named {name}; rename or remove all but one"


def _unknown(model: BaseModel, given: Any, path: str) -> Iterator[str]:
    """Yield the paths of fields that the API does not have; it would ignore them."""
    fields = {field.alias or name: name for name, field in type(model).model_fields.items()}
    for key, value in given.items():
        if key not in fields:
            yield f"{path}.{key}"
            continue
        read = getattr(model, fields[key])
        pairs = zip(read, value, strict=False) if isinstance(read, tuple) else ((read, value),)
        for place, (part, content) in enumerate(pairs):
            if isinstance(part, BaseModel) and isinstance(content, dict):
                index = f"[{place}]" if isinstance(read, tuple) else ""
                yield from _unknown(part, content, f"{path}.{key}{index}")


def _path(location: tuple[int | str, ...]) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in location)
    return "".join(steps).removeprefix(".")
