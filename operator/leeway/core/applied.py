"""Compare a child with its desired manifest, so that a reconcile without a difference writes nothing."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from math import ceil
from typing import Any

from leeway.api.kinds import Manifest
from leeway.core.names import ANNOTATION_APPLIED, digest_of

# Compared here instead of by a server-side dry run: that would be one request for each child in each reconcile.
# Parsed here, too: the core imports no client, and `kubernetes.utils.quantity` comes with one.
_QUANTITIES = frozenset({"limits", "requests"})
_WHOLE = frozenset({"selector", "nodeSelector"})
_SUFFIXES = {
    "n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3"), "": Decimal(1),
    "k": Decimal(10) ** 3, "M": Decimal(10) ** 6, "G": Decimal(10) ** 9, "T": Decimal(10) ** 12,
    "P": Decimal(10) ** 15, "E": Decimal(10) ** 18,
    "Ki": Decimal(2) ** 10, "Mi": Decimal(2) ** 20, "Gi": Decimal(2) ** 30, "Ti": Decimal(2) ** 40,
    "Pi": Decimal(2) ** 50, "Ei": Decimal(2) ** 60,
}  # fmt: skip


def stamped(manifest: Manifest) -> Manifest:
    """Return the manifest with a digest of itself as an annotation."""
    # `is_applied` looks only at fields that are desired, and so cannot see one that an earlier release set and this
    # one does not. The digest differs then, the manifest is applied again, and the API server drops the field.
    metadata = manifest["metadata"]
    annotations = {**metadata.get("annotations", {}), ANNOTATION_APPLIED: digest_of(manifest, 16)}
    return {**manifest, "metadata": {**metadata, "annotations": annotations}}


def is_applied(desired: Manifest, observed: Manifest | None) -> bool:
    """Return whether every field of `desired` is in `observed`."""
    # Not equality: the API server adds defaults, and controllers and webhooks add fields of their own.
    return observed is not None and _contains(observed, desired)


def _contains(observed: Any, desired: Any) -> bool:
    if isinstance(desired, dict):
        return isinstance(observed, dict) and all(
            _has_field(name, observed.get(name), wanted) for name, wanted in desired.items()
        )
    if isinstance(desired, list):
        return (
            isinstance(observed, list)
            and len(observed) == len(desired)
            and all(_contains(have, want) for have, want in zip(observed, desired, strict=True))
        )
    return bool(observed == desired)


def _has_field(name: str, observed: Any, wanted: Any) -> bool:
    if wanted is None or wanted in ({}, [], ""):
        # The API server drops empty maps, lists and strings of optional fields.
        return True
    # In these maps one entry more than desired means something else, so they are compared whole.
    if name in _WHOLE:
        return bool(observed == wanted)
    if name in _QUANTITIES and isinstance(observed, dict):
        return all(_is_same_quantity(observed.get(resource), amount) for resource, amount in wanted.items())
    return _contains(observed, wanted)


def _is_same_quantity(observed: Any, wanted: Any) -> bool:
    # The API server rewrites quantities ("0.5" to "500m", "1024Mi" to "1Gi") and rounds up to thousandths.
    amount, stored = _quantity(str(wanted)), _quantity(str(observed))
    return amount is not None and stored is not None and ceil(amount * 1000) == ceil(stored * 1000)


def _quantity(text: str) -> Decimal | None:
    number = text.rstrip("numkMGTPEi")
    try:
        return Decimal(number) * _SUFFIXES[text[len(number) :]]
    except (InvalidOperation, KeyError):
        return None
