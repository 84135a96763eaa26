"""A clock to turn by hand, and objects as the API server would store them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from leeway.api.kinds import KINDS, Manifest

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


class HandClock:
    """Monotonic seconds and a wall clock that move only when told, or when somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.seconds - 1000.0)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds
        await asyncio.sleep(0)


def stored(
    kind: str,
    name: str,
    version: int,
    uid: str = "",
    owner: tuple[str, str, str] | None = None,
    labels: dict[str, str] | None = None,
    **fields: Any,
) -> Manifest:
    """An object of namespace ml in one resourceVersion; `owner` is kind, name and uid of its controller."""
    metadata: dict[str, Any] = {
        "namespace": "ml",
        "name": name,
        "uid": uid or f"uid-of-{name}",
        "resourceVersion": str(version),
        "labels": labels or {},
    }
    if owner is not None:
        owner_kind, owner_name, owner_uid = owner
        metadata["ownerReferences"] = [
            {
                "apiVersion": KINDS[owner_kind].api_version,
                "kind": owner_kind,
                "name": owner_name,
                "uid": owner_uid,
                "controller": True,
            }
        ]
    return {"apiVersion": KINDS[kind].api_version, "kind": kind, "metadata": metadata, **fields}
