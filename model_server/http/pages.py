"""What each GET answers: readiness, metrics, metadata."""

from collections.abc import Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import orjson

from model_server.http.messages import Reply, reply_json
from model_server.http.openapi import make_openapi
from model_server.http.readiness import STALLED_SECONDS, Readiness, get_served
from model_server.http.routes import Call, Route, Site
from model_server.protocols.v2 import DATATYPES
from model_server.rows.refusal import Refusal
from model_server.version.served import ServedModel

OPENAPI = "openapi"
TENSORS = "tensors"


def reply_ready(readiness: Readiness, document: dict[str, Any]) -> Reply:
    """Return the document with `ready`; status 503 and the reason while requests are not welcome."""
    reason = readiness.reason  # read once: the health port asks from a thread of its own
    if not reason:
        return reply_json(document | {"ready": True})
    return reply_json(document | {"ready": False, "reason": reason}, 503)


def make_pages(served: ServedModel, table: Sequence[Route]) -> dict[str, bytes]:
    """Return the bodies of the pages that grow with the number of columns, which are made once."""
    return {
        OPENAPI: orjson.dumps(make_openapi(served.identity, table)),
        TENSORS: orjson.dumps(make_tensors(served)),
    }


def get_page(site: Site, served: ServedModel, name: str) -> bytes:
    """Return the body of a page that is made once."""
    readiness = site.readiness
    if not readiness.pages:
        readiness.pages = make_pages(served, site.routes.table)
    return readiness.pages[name]


def healthz(site: Site, _: Call) -> Reply:
    """Say that the process lives; status 503 when it answers no predictions any more."""
    if site.readiness.is_stalled:
        return reply_json({"status": f"the event loop has stood still for {STALLED_SECONDS:g} seconds"}, 503)
    return reply_json({"status": "ok"})


def readyz(site: Site, _: Call) -> Reply:
    """Say whether requests are welcome, or why not."""
    return reply_ready(site.readiness, {})


def metrics(site: Site, call: Call) -> Reply:
    """Return the metrics page."""
    content_type, page = get_served(site.readiness, {}).metrics.page(call.accept)
    return Reply(200, page, content_type)


def traffic(site: Site, call: Call) -> Reply:
    """Return the metrics page without what it tells of the data: who may ask for predictions need not see that."""
    content_type, page = get_served(site.readiness, {}).metrics.page(call.accept, restricted=False)
    return Reply(200, page, content_type)


def profile(site: Site, _: Call) -> Reply:
    """Return the file of the reference profile as it is stored, so that whoever knows its digest may check it."""
    served = get_served(site.readiness, {})
    if served.profile_file is None:
        raise Refusal(404, f"{served.identity.version} has no reference profile: its spec.files names none")
    return Reply(200, served.profile_file)


def openapi(site: Site, _: Call) -> Reply:
    """Return the OpenAPI document of the loaded version."""
    return Reply(200, get_page(site, get_served(site.readiness, {}), OPENAPI))


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
    return reply_json({"name": "leeway", "version": package_version(), "extensions": []})


@cache
def package_version() -> str:
    """Return the installed version; `unknown` when the server runs from a tree that is not installed."""
    try:
        return version("leeway")
    except PackageNotFoundError:
        return "unknown"


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
    served = get_served(site.readiness, call.params)
    head = orjson.dumps({"name": call.params["name"], "versions": [served.identity.version]})
    return Reply(200, head[:-1] + b"," + get_page(site, served, TENSORS)[1:])


def make_tensors(served: ServedModel) -> dict[str, Any]:
    """Return the part of a model's metadata that is the same for each of its names."""
    return {
        "platform": "scikit-learn",
        "inputs": [
            {"name": column.name, "datatype": DATATYPES[column.type], "shape": [-1]}
            for column in served.identity.signature.inputs
        ],
        "outputs": make_outputs(served),
    }


def make_outputs(served: ServedModel) -> list[dict[str, Any]]:
    """Return the metadata of the tensors that `/infer` answers."""
    predict = {"name": "predict", "datatype": served.identity.datatype, "shape": [-1]}
    if not served.engine.has_probabilities:
        return [predict]
    signature = served.identity.signature
    named: dict[str, Any] = {"classes": list(signature.classes)}
    if signature.positive_class:
        named["positive_class"] = signature.positive_class
    shape = [-1, len(signature.classes)]
    return [predict, {"name": "probabilities", "datatype": "FP64", "shape": shape, "parameters": named}]
