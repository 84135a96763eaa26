"""What is counted of requests as they come in, and what never is."""

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from model_server.contract.profile import FeatureProfile
from model_server.counts.counts import Counts
from model_server.counts.prometheus import Metrics
from model_server.http.lanes import Unwanted
from model_server.http.messages import Presence, Request
from model_server.http.paths import ROUTES
from model_server.http.port.asgi import App
from model_server.http.port.bodies import Message
from model_server.http.readiness import Readiness
from model_server.http.respond import CLIENT_LEFT, Asked, answer, begin, count, respond
from model_server.http.routes import Site
from model_server.version.served import ServedModel
from tests.server.conftest import SETTINGS, served_from
from tests.server.counts.reading import counted, profile_of
from tests.server.engines.stand_ins import FailingEngine
from tests.server.http.test_respond import post

INCOME = FeatureProfile(name="income", type="numeric", counts=(), edges=(20.0, 60.0), min=0.0, max=100.0)
HOME = FeatureProfile(name="home", type="categorical", counts=(), categories=("rent",))
EMPLOYED = FeatureProfile(name="employed", type="boolean", counts=(), categories=(False, True))
PROFILE = profile_of(INCOME, HOME, EMPLOYED)  # and age is not among the features that are counted


def with_profile(directory: Path) -> ServedModel:
    """The version in a directory, as if it had the profile, with nothing counted."""
    served = served_from(directory)
    identity = replace(served.identity, profile=PROFILE.digest)
    counts = Counts(identity, PROFILE)
    return replace(served, identity=identity, counts=counts, metrics=Metrics(identity, counts))


@pytest.fixture
def loan(versions: dict[str, Path]) -> Site:
    """The loan model with a profile, behind all routes."""
    return Site(ROUTES, Readiness(with_profile(versions["loan-default"]), ""), SETTINGS)


def counts_of(site: Site) -> dict[str, int]:
    """What the version of a site has counted."""
    assert site.readiness.served
    return counted(site.readiness.served.counts)


ROW = [70.0, 50, "own", True]
GOOD = {"income": 70.0, "age": 50, "home": "own", "employed": True}
BINS = {"feature_bin income 2": 1, "feature_bin home other": 1, "feature_bin employed 1": 1}
ONE = {"drawn_rows": 1, "score_bin 0": 1, "decision no": 1} | BINS
V1 = "/v1/models/loan-default:predict"
V2 = "/v2/models/loan-default/infer"


def tensors(*changed: dict[str, Any]) -> dict[str, Any]:
    """A V2 request of one row, a tensor for each column."""
    given: list[dict[str, Any]] = [
        {"name": "income", "datatype": "FP64", "data": [70.0]},
        {"name": "age", "datatype": "INT64", "data": [50]},
        {"name": "home", "datatype": "BYTES", "data": ["own"]},
        {"name": "employed", "datatype": "BOOL", "data": [True]},
    ]
    by_name = {one["name"]: {"shape": [1]} | one for one in (*given, *changed)}
    return {"inputs": [one for one in by_name.values() if "data" in one]}


def raw(text: str) -> Request:
    """A V1 request of one row, written by hand."""
    return Request("POST", V1, {}, f'{{"instances": [[{text}]]}}'.encode())


def invalid(*cells: str) -> dict[str, int]:
    """One request that was refused for its rows, with these cells."""
    return {"invalid_requests": 1} | {f"raw_invalid {cell}": 1 for cell in cells}


COUNTED: dict[str, tuple[Request, dict[str, int]]] = {
    "a row": (post("/predict", {"features": ROW}), {"rows": 1} | ONE),
    "a row as an object": (post(V1, {"instances": [GOOD]}), {"rows": 1} | ONE),
    "a row of tensors": (post(V2, tensors()), {"rows": 1} | ONE),
    "a batch, which is one draw": (post(V1, {"instances": [ROW] * 50}), {"rows": 50} | ONE),
    "a cell of another type": (post(V1, {"instances": [["70", 50, "own", True]]}), invalid("income type")),
    "cells of several rows, each kind once": (
        post(V1, {"instances": [["7", 50, [], True], ["8", 50, "own", None], ROW]}),
        invalid("income type", "home type", "employed missing"),
    ),
    "a cell of a column that is not counted": (post(V1, {"instances": [[70, "50", "own", True]]}), invalid()),
    "a number without a value": (raw('NaN, 50, "own", true'), invalid("income range")),
    "a truth that is none": (raw('70, 50, "own", 2'), invalid("employed range")),
    "a number for a category": (raw("70, 50, 3, true"), invalid("home category")),
    "columns that are absent, each in another row": (
        post(V1, {"instances": [{**GOOD, "x": 1}, {"income": 1, "age": 1}, {"home": "own"}]}),
        invalid("income missing", "home missing", "employed missing"),
    ),
    "a column that is unknown": (post(V1, {"instances": [GOOD | {"x": 1}]}), invalid()),
    "a row that is too short": (post(V1, {"instances": [[1, 2]]}), invalid()),
    "a row that is none": (post(V1, {"instances": [ROW, 1]}), invalid()),
    "a tensor that is absent": (post(V2, tensors({"name": "home"})), invalid("home missing")),
    "a tensor of another type": (
        post(V2, tensors({"name": "income", "datatype": "INT64", "data": [1.5]})),
        invalid("income type"),
    ),
    "a tensor out of its type's range": (
        post(V2, tensors({"name": "income", "datatype": "INT8", "data": [300]})),
        invalid("income range"),
    ),
    "a tensor that is unknown": (
        post(V2, tensors({"name": "x", "datatype": "BOOL", "data": [True]})),
        invalid(),
    ),
}
# The pages and refusals by path, size or form, which tell nothing of rows.
NEVER: dict[str, Request] = {
    "a question whether the process lives": Request("GET", "/healthz"),
    "a question whether it is ready": Request("GET", "/readyz"),
    "a scrape": Request("GET", "/metrics"),
    "a look at the profile": Request("GET", "/profile"),
    "the description of the paths": Request("GET", "/openapi.json"),
    "the description of the model": Request("GET", "/v2/models/loan-default"),
    "a path that is not there": post("/explain", {"features": ROW}),
    "another method": Request("GET", "/predict"),
    "another model": post("/v1/models/other:predict", {"instances": [ROW]}),
    "another version": post("/v2/models/loan-default/versions/other/infer", tensors()),
    "no JSON": Request("POST", V1, {}, b'{"instances": [['),
    "no rows": post(V1, {"instances": []}),
    "rows under another name": post(V1, {"rows": [ROW]}),
    "too many rows": post(V1, {"instances": [ROW] * 51}),
    "too large a body": Request("POST", V1, {}, b"x" * 20_001),
    "a body that is compressed": post(V1, {"instances": [ROW]}, content_encoding=b"gzip"),
    "an output that there is not": post(V2, tensors() | {"outputs": [{"name": "x"}]}),
    "a tensor whose shape is not that of its data": post(
        V2, tensors({"name": "income", "datatype": "FP64", "data": [1, 2]})
    ),
}


@pytest.mark.parametrize("case", COUNTED)
def test_what_is_counted_of_a_request(loan: Site, case: str) -> None:
    request, want = COUNTED[case]
    respond(loan, request)
    assert counts_of(loan) == want


@pytest.mark.parametrize("case", NEVER)
def test_what_is_never_counted(loan: Site, case: str) -> None:
    respond(loan, NEVER[case])
    assert counts_of(loan) == {}


def test_rows_that_the_model_refuses_or_fails_on_are_not_counted(versions: dict[str, Path]) -> None:
    # Whoever sends huge numbers to a model with an exponential link must not be able to roll it back.
    line = Site(ROUTES, Readiness(served_from(versions["linear-regression"]), ""), SETTINGS)
    assert respond(line, post("/predict", {"features": [1.7e308]})).status == 400
    assert counts_of(line) == {}
    failing = replace(served_from(versions["point"]), engine=FailingEngine())
    point = Site(ROUTES, Readiness(failing, ""), SETTINGS)
    assert respond(point, post("/predict", {"features": [1, 1]})).status == 500
    assert counts_of(point) == {}


@pytest.mark.parametrize("features", [ROW, ["70", 50, "own", True]], ids=["answered", "refused"])
def test_rows_of_a_client_that_left_are_not_counted(loan: Site, features: list[Any]) -> None:
    request = post("/predict", {"features": features})
    asked = begin(loan, request)
    assert isinstance(asked, Asked)
    answer(asked, request.body)
    count(asked, CLIENT_LEFT)
    assert counts_of(loan) == {}


class LeavesLate(Presence):
    """A client that leaves when the worker thread has done its last step, and before the event loop goes on."""

    @property
    def is_here(self) -> bool:
        """Whether the client is still there."""
        return threading.current_thread() is not threading.main_thread()

    @is_here.setter
    def is_here(self, _: bool) -> None:
        """Stay as it is."""


async def test_a_client_that_leaves_after_the_last_step_is_not_counted(loan: Site) -> None:
    request = post("/predict", {"features": ROW})
    app = App(loan)

    async def receive() -> Message:
        return {"type": "http.request", "body": request.body}

    with pytest.raises(Unwanted):
        await app.reply(request, receive, LeavesLate())
    app.lanes.close()
    assert counts_of(loan) == {}
    assert loan.readiness.served
    page = loan.readiness.served.metrics.page("")[1].decode().splitlines()
    left = next(line for line in page if line.startswith("leeway_model_requests_total") and '"499"' in line)
    assert left.endswith(" 1.0")
