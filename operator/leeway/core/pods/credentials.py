"""Secrets of users: fixed keys of one Secret, as files in the pod."""

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
FEEDBACK_ROOT = "/leeway/feedback"
FEEDBACK_KEYS = ("key", "previous-key")
# The files belong to root; the container's user reads them as a member of the pod's fsGroup.
_GROUP_READS = 0o440


def credentials_mount(place: str, secret: str | None) -> Mounts:
    """Return the Secret's keys as files below `/leeway/credentials/PLACE`; no mounts when no Secret is named."""
    if not secret:
        return Mounts()
    # Files, since the kubelet updates them when the Secret is rotated; variables stay as they were at the start.
    return _secret_mount(f"credentials-{place}", f"{CREDENTIALS_ROOT}/{place}", secret, KEYS)


def feedback_mount(secret: str | None) -> Mounts:
    """Return the keys that sign feedback as files below `/leeway/feedback`; no mounts when no Secret is named."""
    return _secret_mount("feedback", FEEDBACK_ROOT, secret, FEEDBACK_KEYS) if secret else Mounts()


def _secret_mount(name: str, folder: str, secret: str, keys: tuple[str, ...]) -> Mounts:
    # Optional, since the kubelet holds back a pod with a missing Secret and says so in Events only (decision 0004);
    # the program in the pod can say what is missing.
    volume = {
        "name": name,
        "secret": {
            "secretName": secret,
            "optional": True,
            "defaultMode": _GROUP_READS,
            "items": [{"key": key, "path": key} for key in keys],
        },
    }
    return Mounts((volume,), ({"name": name, "mountPath": folder, "readOnly": True},))
