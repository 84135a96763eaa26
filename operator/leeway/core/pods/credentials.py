"""Credentials of stores: fixed keys of one Secret, as files in the pod."""

from __future__ import annotations

from leeway.core.pods.uris import Mounts

CREDENTIALS_ROOT = "/leeway/credentials"
# Never the whole Secret: the pod opens files that other people wrote, and should hold nothing that it does not need.
KEYS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_REGION",
    "AWS_ENDPOINT_URL",
    "GOOGLE_SERVICE_ACCOUNT_KEY",
    "HTTPS_BEARER_TOKEN",
)
# The files belong to root; the container's user reads them as a member of the pod's fsGroup.
_GROUP_READS = 0o440


def credentials_mount(place: str, secret: str | None) -> Mounts:
    """Return the Secret's keys as files below `/leeway/credentials/PLACE`; no mounts when no Secret is named."""
    if not secret:
        return Mounts()
    # Files, since the kubelet updates them when the Secret is rotated; variables stay as they were at the start.
    # Optional, since the kubelet holds back a pod with a missing Secret and says so in Events only (decision 0004);
    # the program in the pod can say which name and keys are missing.
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
