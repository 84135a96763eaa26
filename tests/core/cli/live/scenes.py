"""What the live view is drawn from: a ModelDeployment in each part of its life."""

from __future__ import annotations

from typing import Any

from leeway.api.kinds import Manifest

NOW = "2026-11-30T12:10:00Z"
STABLE: Manifest = {"modelVersionName": "car-loan-1", "revision": "4ac91f0d27"}
CANARY: Manifest = {
    "modelVersionName": "car-loan-2",
    "revision": "b51e20c6aa",
    "startTime": "2026-11-30T12:08:30Z",
}
AT_STEP: Manifest = {**CANARY, "step": 1, "stepTime": "2026-11-30T12:08:45Z"}
SHARED: Manifest = {
    "stable": STABLE, "canary": AT_STEP, "step": "1/2", "weight": {"desired": 25, "actual": 25},
    "replicas": 4, "readyReplicas": 4,
    "evidence": {"canary": {"requests": 940}, "stable": {"requests": 2812}},
}  # fmt: skip
COLUMNS: Manifest = {
    "name": "columns", "metric": "DataDrift", "threshold": "0.2", "onFail": "Rollback", "plannedRows": 3120,
    "canaryRows": 940, "stableRows": 2812,
}  # fmt: skip
ERRORS: Manifest = {
    "name": "errors", "metric": "ErrorRate", "state": "Pass", "message": "fails as often as stable",
    "threshold": "1.2", "effect": "1.0213", "lower": "0.41", "canaryRows": 940, "plannedRows": 800,
    "onFail": "Rollback",
}  # fmt: skip
FAILED = "car_value PSI 3.1 (lower bound 2.4 > 0.2) after 940 rows of the canary"


def deployment(
    *conditions: tuple[str, str, str, str], spec: Manifest | None = None, **status: Any
) -> Manifest:
    """Return a ModelDeployment with these conditions (type, status, reason, message) and the rest of its status."""
    keys = ("type", "status", "reason", "message")
    told = [dict(zip(keys, one, strict=True), lastTransitionTime=NOW) for one in conditions]
    return {
        "metadata": {"name": "car-loan", "namespace": "loans"},
        "spec": {"modelName": "car-loan", "modelVersionName": "car-loan-2", "replicas": 4, **(spec or {})},
        "status": {"conditions": told, **status},
    }


def decision(number: int, time: str, action: str, reason: str, message: str) -> Manifest:
    return {
        "id": number,
        "time": f"2026-11-30T{time}Z",
        "action": action,
        "reason": reason,
        "message": message,
    }


SCENES = {
    "nothing is known yet": deployment(),
    "a first version starts": deployment(
        (
            "Ready",
            "False",
            "Progressing",
            "starting version car-loan-1, the first one; 0 of 4 replicas are ready",
        ),
        canary=CANARY,
        weight={"desired": 100, "actual": 0},
    ),
    "a canary waits for its pods": deployment(
        ("Ready", "False", "Progressing", "starting version car-loan-2 beside stable car-loan-1"),
        stable=STABLE,
        canary={**CANARY, "step": 1},
        step="1/2",
        weight={"desired": 25, "actual": 0},
        replicas=4,
        readyReplicas=4,
    ),
    "a canary at its step lacks rows": deployment(
        ("Ready", "False", "CanaryHeld", "version car-loan-2 is held beside stable car-loan-1 at step 1/2"),
        ("Serving", "True", "Answering", "4 ready"),
        **SHARED,
        verdicts=[
            {
                **COLUMNS,
                "state": "Unknown",
                "effect": "0.031",
                "lower": "0",
                "upper": "0.44",
                "message": "2,180 more rows of the canary are needed, 44 s at 50 rows a second",
            },
            ERRORS,
        ],
        decisions=[decision(4, "12:08:30", "StartCanary", "Progressing", "starting version car-loan-2")],
    ),
    "a step is paused": deployment(
        spec={"rollout": {"steps": [{"weight": 25, "pause": True}, {"weight": 50}]}}, **SHARED
    ),
    "a canary was rolled back": deployment(
        ("Ready", "False", "RolledBack", f"rolled back version car-loan-2 at step 1/2: {FAILED}"),
        ("Serving", "True", "Answering", "4 ready"),
        ("Stalled", "True", "RolledBack", f"rolled back version car-loan-2 at step 1/2: {FAILED}"),
        stable=STABLE,
        replicas=4,
        readyReplicas=4,
        rejected=[{"modelVersionName": "car-loan-2", "revision": "b51e20c6aa", "reason": "GateFailed"}],
        decisions=[
            decision(
                1, "10:00:00", "StartCanary", "Progressing", "starting version car-loan-1, the first one"
            ),
            decision(2, "10:00:05", "Promote", "Promoted", "version car-loan-1 is stable"),
            decision(3, "12:08:30", "StartCanary", "Progressing", "starting version car-loan-2"),
            decision(4, "12:08:45", "EnterStep", "CanaryHeld", "version car-loan-2 is at step 1/2"),
            decision(5, "12:09:58", "RollBack", "GateFailed", f"rolled back version car-loan-2: {FAILED}"),
        ],
    ),
    "a version was promoted": deployment(
        ("Ready", "True", "Available", "version car-loan-2 is stable; 4 of 4 replicas are ready"),
        stable=CANARY,
        former={**STABLE, "endTime": "2026-11-30T12:09:48Z", "replicas": 3},
        replicas=4,
        readyReplicas=4,
    ),
    "the world drifts under the guard": deployment(
        ("Ready", "True", "Available", "version car-loan-2 is stable; 4 of 4 replicas are ready"),
        ("DriftDetected", "True", "DriftDetected", "car_value PSI 0.9 in 4,000 rows of the window"),
        stable=STABLE,
        replicas=4,
        readyReplicas=4,
        guard={
            "requests": 4000,
            "verdicts": [
                {
                    **COLUMNS,
                    "state": "Fail",
                    "effect": "0.9",
                    "lower": "0.7",
                    "onFail": "Notify",
                    "message": "car_value PSI 0.9 (lower bound 0.7 > 0.2) in 4,000 rows",
                },
            ],
        },
    ),
    "a field cannot be read": deployment(
        ("Ready", "True", "Available", "fine"), stable=STABLE, readyReplicas="many", replicas=4
    ),
}
