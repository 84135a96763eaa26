"""What a GET answers: readiness, metrics, metadata."""

from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import orjson

from model_server.dialect import Identity
from model_server.openapi import make_openapi
from model_server.protocol_v2 import DATATYPES
from model_server.refusal import Refusal, error_body
from model_server.served import ServedModel
from model_server.signature import Output

JSON = "application/json"


@dataclass(frozen=True)
class Reply:
    """A complete HTTP answer."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: tuple[tuple[bytes, bytes], ...] = ()


@dataclass(frozen=True)
class Call:
    """A request without its body: the parts of its path in braces, and what it accepts."""

    params: dict[str, str]
    accept: str = ""


@dataclass
class Serving:
    """What the process can do right now; written by loading and draining, read by every request."""

    served: ServedModel | None = None
    reason: str = "the model is loading"

    @property
    def is_ready(self) -> bool:
        """Whether new requests are welcome."""
        return self.served is not None and not self.reason


def reply_json(document: Any, status: int = 200) -> Reply:
    """Return the document as a JSON answer; arrays of numbers may be numpy's."""
    return Reply(status, orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY))


def reply_ready(serving: Serving, document: dict[str, Any]) -> Reply:
    """Return the document with `ready`; status 503 and the reason while requests are not welcome."""
    if serving.is_ready:
        return reply_json(document | {"ready": True})
    return reply_json(document | {"ready": False, "reason": serving.reason}, 503)


def get_served(serving: Serving, params: dict[str, str]) -> ServedModel:
    """Return the loaded model when name and version of the path are its own, or raise `Refusal` (503, 404)."""
    served = serving.served
    if served is None:
        raise Refusal(503, f"{serving.reason}; try again")
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


def healthz(_: Serving, __: Call) -> Reply:
    """Say that the process lives."""
    return reply_json({"status": "ok"})


def readyz(serving: Serving, _: Call) -> Reply:
    """Say whether requests are welcome, or why not."""
    return reply_ready(serving, {})


def metrics(serving: Serving, call: Call) -> Reply:
    """Return the metrics page."""
    content_type, page = get_served(serving, {}).metrics.page(call.accept)
    return Reply(200, page, content_type)


def openapi(serving: Serving, _: Call) -> Reply:
    """Return the OpenAPI document of the loaded version."""
    return reply_json(make_openapi(get_served(serving, {}).identity))


def v1_models(serving: Serving, _: Call) -> Reply:
    """List the names this server answers to."""
    return reply_json({"models": list(get_served(serving, {}).identity.names)})


def v1_model(serving: Serving, call: Call) -> Reply:
    """Describe the model as V1 does, with the version and digest in memory."""
    identity = get_served(serving, call.params).identity
    return reply_ready(
        serving, {"name": call.params["name"], "version": identity.version, "sha256": identity.sha256}
    )


def v2_server(_: Serving, __: Call) -> Reply:
    """Describe the server."""
    return reply_json({"name": "leeway", "version": version("leeway"), "extensions": []})


def v2_live(_: Serving, __: Call) -> Reply:
    """Say that the process lives."""
    return reply_json({"live": True})


def v2_ready(serving: Serving, _: Call) -> Reply:
    """Say whether requests are welcome."""
    return reply_ready(serving, {})


def v2_model_ready(serving: Serving, call: Call) -> Reply:
    """Say whether this model (and version, when named) is ready."""
    get_served(serving, call.params)
    return reply_ready(serving, {"name": call.params["name"]})


def v2_model(serving: Serving, call: Call) -> Reply:
    """Describe the model's tensors."""
    identity = get_served(serving, call.params).identity
    return reply_json(
        {
            "name": call.params["name"],
            "versions": [identity.version],
            "platform": "scikit-learn",
            "inputs": [
                {"name": column.name, "datatype": DATATYPES[column.type], "shape": [-1]}
                for column in identity.signature.inputs
            ],
            "outputs": make_outputs(identity),
        }
    )


def make_outputs(identity: Identity) -> list[dict[str, Any]]:
    """Return the metadata of the tensors that `/infer` answers."""
    first = identity.signature.outputs[0] if identity.signature.outputs else Output("prediction", "numeric")
    predict = {"name": "predict", "datatype": identity.datatype, "shape": [-1]}
    if not first.classes:
        return [predict]
    return [predict, {"name": "probabilities", "datatype": "FP64", "shape": [-1, len(first.classes)]}]


def reply_refusal(refusal: Refusal) -> Reply:
    """Return the answer to a refused request."""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    if refusal.allow:
        headers = ((b"allow", refusal.allow.encode()),)
    if refusal.status == 503:
        headers = ((b"retry-after", b"1"),)
    return Reply(refusal.status, error_body(refusal.error, refusal.field), headers=headers)
