"""What each GET answers: readiness, metrics, metadata."""

from importlib.metadata import version
from typing import Any

from model_server.contract.identity import Identity
from model_server.contract.signature import Output
from model_server.http.messages import Reply, reply_json
from model_server.http.openapi import make_openapi
from model_server.http.readiness import Readiness, get_served
from model_server.http.routes import Call, Site
from model_server.protocols.v2 import DATATYPES


def reply_ready(readiness: Readiness, document: dict[str, Any]) -> Reply:
    """Return the document with `ready`; status 503 and the reason while requests are not welcome."""
    if readiness.is_ready:
        return reply_json(document | {"ready": True})
    return reply_json(document | {"ready": False, "reason": readiness.reason}, 503)


def healthz(_: Site, __: Call) -> Reply:
    """Say that the process lives."""
    return reply_json({"status": "ok"})


def readyz(site: Site, _: Call) -> Reply:
    """Say whether requests are welcome, or why not."""
    return reply_ready(site.readiness, {})


def metrics(site: Site, call: Call) -> Reply:
    """Return the metrics page."""
    content_type, page = get_served(site.readiness, {}).metrics.page(call.accept)
    return Reply(200, page, content_type)


def openapi(site: Site, _: Call) -> Reply:
    """Return the OpenAPI document of the loaded version."""
    return reply_json(make_openapi(get_served(site.readiness, {}).identity, site.routes.table))


def v1_models(site: Site, _: Call) -> Reply:
    """List the names this server answers to."""
    return reply_json({"models": list(get_served(site.readiness, {}).identity.names)})


def v1_model(site: Site, call: Call) -> Reply:
    """Describe the model as V1 does, with the version and digest in memory."""
    identity = get_served(site.readiness, call.params).identity
    return reply_ready(
        site.readiness, {"name": call.params["name"], "version": identity.version, "digest": identity.digest}
    )


def v2_server(_: Site, __: Call) -> Reply:
    """Describe the server."""
    return reply_json({"name": "leeway", "version": version("leeway"), "extensions": []})


def v2_live(_: Site, __: Call) -> Reply:
    """Say that the process lives."""
    return reply_json({"live": True})


def v2_ready(site: Site, _: Call) -> Reply:
    """Say whether requests are welcome."""
    return reply_ready(site.readiness, {})


def v2_model_ready(site: Site, call: Call) -> Reply:
    """Say whether this model (and version, when named) is ready."""
    get_served(site.readiness, call.params)
    return reply_ready(site.readiness, {"name": call.params["name"]})


def v2_model(site: Site, call: Call) -> Reply:
    """Describe the model's tensors."""
    identity = get_served(site.readiness, call.params).identity
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
    named: dict[str, Any] = {"classes": list(first.classes)}
    if identity.signature.positive_class:
        named["positive_class"] = identity.signature.positive_class
    shape = [-1, len(first.classes)]
    return [predict, {"name": "probabilities", "datatype": "FP64", "shape": shape, "parameters": named}]
