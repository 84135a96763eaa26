"""Why the cluster refuses to create pods: what controllers of Deployments and Jobs say about it."""

from __future__ import annotations

import re

# The name of the pod is another one with each attempt, and a status would be written for each.
_NAMED = re.compile(r'^(Error creating: )?pods "[^"]*" is forbidden: ')


def said_of_refusal(message: str) -> str:
    """Return what a controller says about pods it could not create, without the pod's name."""
    return _NAMED.sub("", message)
