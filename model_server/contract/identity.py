"""Who answers: what a loaded version says of itself in answers, in labels of metrics and on pages."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from model_server.contract.signature import Signature


@dataclass(frozen=True)
class Identity:
    """Who answers: the names a client may use, the version and what it answers with (a V2 datatype)."""

    name: str
    names: tuple[str, ...]
    version: str
    digest: str
    signature: Signature
    datatype: str = "FP64"
    metrics: Mapping[str, str] = field(default_factory=dict)
    profile: str = ""

    def answers_to(self, name: str) -> bool:
        """Return whether a client that asks for this name means this model; `_` and `-` are one letter."""
        # Objects of Kubernetes have no underscore in their names, clients of a model often have.
        return name.replace("_", "-") in {known.replace("_", "-") for known in self.names}
