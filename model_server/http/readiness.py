"""What the serving process can do right now, and which version it answers with."""

from dataclasses import dataclass

from model_server.rows.refusal import Refusal
from model_server.version.served import ServedModel


@dataclass
class Readiness:
    """What the process can do right now; written by loading and draining, read by every request."""

    served: ServedModel | None = None
    reason: str = "the model is loading"

    @property
    def is_ready(self) -> bool:
        """Return whether new requests are welcome."""
        return self.served is not None and not self.reason


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
