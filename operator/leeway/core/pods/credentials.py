"""Credentials of stores: fixed keys of one Secret, as files in the pod."""

from __future__ import annotations

from leeway.core.pods.uris import Mounts

CREDENTIALS_ROOT = "/leeway/credentials"
# Never the whole Secret: what else is in it is no business of a pod that opens files other people wrote.
KEYS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_REGION",
    "AWS_ENDPOINT_URL",
    "GOOGLE_SERVICE_ACCOUNT_KEY",
    "HTTPS_BEARER_TOKEN",
)
_GROUP_READS = 0o440


def credentials_mount(place: str, secret: str | None) -> Mounts:
    """Return the Secret's keys as files below `/leeway/credentials/PLACE`; nothing when no Secret is named.

    Files, since they follow a rotation while the pod runs, which variables do not. Optional, since the kubelet holds a
    pod with a missing Secret back in silence, while the program in it can say which name and keys are missing.
    """
    if not secret:
        return Mounts()
    name = f"credentials-{place}"
    volume = {
        "name": name,
        "secret": {
            "secretName": secret,
            "optional": True,
            "defaultMode": _GROUP_READS,
            "items": [{"key": key, "path": key} for key in KEYS],
        },
    }
    mount = {"name": name, "mountPath": f"{CREDENTIALS_ROOT}/{place}", "readOnly": True}
    return Mounts((volume,), (mount,))
