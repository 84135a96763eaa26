"""What the serving process can do right now, and which version it answers with."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from model_server.rows.refusal import Refusal
from model_server.version.served import ServedModel

STALLED_SECONDS = 30.0


@dataclass
class Readiness:
    """What the process can do right now; written by loading and draining, read by every request of both ports.

    `pages` are the bodies of pages that are made once, by name. `turned` is when the event loop that answers
    predictions last took its turn, by the monotonic clock; None before the first.
    """

    served: ServedModel | None = None
    reason: str = "the model is loading"
    pages: Mapping[str, bytes] = field(default_factory=dict)
    turned: float | None = None

    @property
    def is_ready(self) -> bool:
        """Return whether new requests are welcome."""
        return self.served is not None and not self.reason

    @property
    def is_stalled(self) -> bool:
        """Return whether the event loop that answers predictions hangs: then only a new process helps."""
        return self.turned is not None and time.monotonic() - self.turned > STALLED_SECONDS


def get_served(readiness: Readiness, params: dict[str, str]) -> ServedModel:
    """Return the loaded model when name and version of the path are its own, or raise `Refusal` (503, 404)."""
    served = readiness.served
    if served is None:
        raise Refusal(503, f"{readiness.reason}; try again")
    identity = served.identity
    if "name" in params and not identity.answers_to(params["name"]):
        asked = params["name"][:80]
        raise Refusal(
            404, f"there is no model {asked} here; this server has {', '.join(identity.names)}", "name"
        )
    if params.get("version", identity.version) != identity.version:
        asked = params["version"][:80]
        raise Refusal(404, f"there is no version {asked} here; this server has {identity.version}", "version")
    return served
