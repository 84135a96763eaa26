"""Read from the API server's audit log what the operator's ServiceAccount did."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.cluster.native.layout import get_home

SERVICE_ACCOUNT = "system:serviceaccount:leeway-system:leeway"
WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})
POD_NAME = "authentication.kubernetes.io/pod-name"


@dataclass(frozen=True, slots=True)
class Request:
    """One request of the operator."""

    verb: str
    resource: str
    subresource: str
    namespace: str
    name: str
    pod: str
    code: int

    @property
    def is_write(self) -> bool:
        """True for what changes the cluster; the Lease's heartbeat is not about any object of a user."""
        return self.verb in WRITES and self.resource != "leases"


def log_path() -> Path:
    """The audit log of the native cluster."""
    return get_home().logs / "audit.log"


def now() -> datetime:
    """The moment to count from."""
    return datetime.now(UTC)


def requests_since(moment: datetime, user: str = SERVICE_ACCOUNT) -> list[Request]:
    """Every completed request of the user since then."""
    return [
        _request(entry)
        for entry in _entries()
        if entry.get("user", {}).get("username") == user
        and entry.get("stage") == "ResponseComplete"
        and datetime.fromisoformat(entry["requestReceivedTimestamp"]) >= moment
    ]


def writes_since(moment: datetime) -> list[Request]:
    """Every write of the operator since then, heartbeats left out."""
    return [request for request in requests_since(moment) if request.is_write]


def _entries() -> Iterator[dict[str, Any]]:
    with log_path().open() as lines:
        for line in lines:
            if line.endswith("\n"):
                yield json.loads(line)


def _request(entry: dict[str, Any]) -> Request:
    target = entry.get("objectRef") or {}
    return Request(
        verb=entry["verb"],
        resource=target.get("resource", ""),
        subresource=target.get("subresource", ""),
        namespace=target.get("namespace", ""),
        name=target.get("name", ""),
        pod=(entry["user"].get("extra") or {}).get(POD_NAME, [""])[0],
        code=(entry.get("responseStatus") or {}).get("code", 0),
    )
