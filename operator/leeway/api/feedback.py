"""Feedback: labels that come after the prediction, and the key that signs what was predicted."""

from pydantic import Field

from leeway.api.fields import SecretName
from leeway.api.shape import Shape


class Feedback(Shape):
    """Where the pods find the key by which they recognise their own predictions again."""

    secret_name: SecretName = Field(
        description="A Secret of this namespace. Its `key`, of at least 32 bytes, signs feedback tokens; what its"
        " `previous-key` signed, if it has one, is accepted too. Only the serving pods read it, when they start. A"
        " change of the name is a new revision, a change of the Secret's content is not."
    )
