"""Steps, gates and false-alarm rates that must be refused; `broken_manifests` has them among the others."""

from __future__ import annotations

from typing import Any

from tests.contract.objects import Manifest, model_deployment

_STEP: Manifest = {"weight": 5, "pause": True}


def _gate(metric: str = "DataDrift", **fields: Any) -> Manifest:
    return model_deployment(gates=[{"metric": metric, **fields}])


AGAINST_A_RULE: dict[str, tuple[Manifest, str]] = {
    "a rate of false alarms of 0": (model_deployment(falseAlarmRate="0.000"), "above 0 and at most 0.2"),
    "a rate of false alarms above 0.2": (model_deployment(falseAlarmRate="0.21"), "above 0 and at most 0.2"),
    "a gate with the name of one that is there": (
        model_deployment(gates=[{"name": "invalid-input", "metric": "Latency"}]),
        "rename the gate",
    ),
    "a gate with the name that another one has by default": (
        model_deployment(gates=[{"metric": "ErrorRate"}, {"name": "error-rate", "metric": "Latency"}]),
        "name the gates apart",
    ),
    "a weight that falls": (
        model_deployment(rollout__steps=[{"weight": weight} for weight in (5, 50, 20)]),
        "order the steps by weight",
    ),
    "a gate on labels without feedback": (_gate("Quality"), "set spec.feedback"),
    "a threshold of nothing": (_gate(threshold="0.0"), "write a threshold above 0"),
    "a threshold below nothing": (_gate("ErrorRate", threshold="-1.2"), "write a threshold above 0"),
    "an effect to be found that is tolerated": (
        _gate(threshold="0.5", minDetectableEffect="0.2"),
        "raise minDetectableEffect above threshold",
    ),
    "an effect to be found just as it is tolerated": (
        _gate("Latency", threshold="2", minDetectableEffect="2.0"),
        "raise minDetectableEffect above threshold",
    ),
    "columns of a gate that asks about none": (_gate("Latency", features=["income"]), "remove features"),
    "a deadline before a pod can be available": (
        model_deployment(rollout={"progressDeadlineSeconds": 60, "minReadySeconds": 60}),
        "raise progressDeadlineSeconds above minReadySeconds",
    ),
    "a readiness that lasts longer than the deadline by default": (
        model_deployment(rollout={"minReadySeconds": 900}),
        "raise progressDeadlineSeconds above minReadySeconds",
    ),
}

AGAINST_A_BOUND: dict[str, tuple[Manifest, str]] = {
    "twenty-one steps": (model_deployment(rollout__steps=[_STEP] * 21), "must have at most 20 items"),
    "a step of no requests": (
        model_deployment(rollout__steps=[{"weight": 0}]),
        "greater than or equal to 1",
    ),
    "a step of all requests": (
        model_deployment(rollout__steps=[_STEP | {"weight": 100}]),
        "less than or equal to 99",
    ),
    "a step without a weight": (model_deployment(rollout__steps=[{"pause": True}]), "weight: Required value"),
    "a weight that is no whole number": (
        model_deployment(rollout__steps=[{"weight": 2.5}]),
        "must be of type integer",
    ),
    "a step of less than no time": (
        model_deployment(rollout__steps=[{"weight": 5, "holdSeconds": -1}]),
        "greater than or equal to 0",
    ),
    "a step of more than a week": (
        model_deployment(rollout__steps=[{"weight": 5, "holdSeconds": 604_801}]),
        "less than or equal to 604800",
    ),
    "a step of fewer than no requests": (
        model_deployment(rollout__steps=[{"weight": 5, "minSamples": -1}]),
        "greater than or equal to 0",
    ),
    "a step of more requests than can come": (
        model_deployment(rollout__steps=[{"weight": 5, "minSamples": 1_000_000_001}]),
        "less than or equal to 1000000000",
    ),
    "an answer to no evidence that there is none of": (
        model_deployment(rollout__onInconclusive="Guess"),
        'Unsupported value: "Guess"',
    ),
    "a gate that does what no gate does": (_gate(onFail="Explode"), 'Unsupported value: "Explode"'),
    "a threshold that is no number": (_gate(threshold="much"), "in body should match"),
    "an effect that is no number": (_gate(minDetectableEffect="20%"), "in body should match"),
    "a guard that does what no guard does": (
        model_deployment(guard={"onFail": "Hold"}),
        'Unsupported value: "Hold"',
    ),
    "a guard of half a minute": (
        model_deployment(guard={"windowSeconds": 30}),
        "greater than or equal to 60",
    ),
    "eleven gates": (
        model_deployment(gates=[{"name": f"g{n}", "metric": "Latency"} for n in "abcdefghijk"]),
        "must have at most 10 items",
    ),
    "two gates of a canary of one name": (
        model_deployment(gates=[{"name": "a", "metric": "Latency"}] * 2),
        "Duplicate value",
    ),
    "a gate of a canary that nobody judges": (
        model_deployment(gates=[{"name": "a", "metric": "Luck"}]),
        'Unsupported value: "Luck"',
    ),
    "a rate that is no fraction": (
        model_deployment(falseAlarmRate="1%"),
        "spec.falseAlarmRate in body should match",
    ),
}
