"""What a client sees when all is well, over a real socket."""

from pathlib import Path
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from model_server.settings import Settings
from tests.server.conftest import SETTINGS, served_from
from tests.server.listening import Client, listening

RICH = {"income": 95, "age": 50, "home": "own", "employed": True}
POOR = {"income": None, "age": 21, "home": "rent", "employed": False}

LOAN_CASES: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "V1 takes rows as lists": (
        "/v1/models/loan-default:predict",
        {"instances": [[95, 50, "own", True], [10, 21, "rent", False]]},
        {"predictions": ["no", "yes"]},
    ),
    "V1 takes rows as objects in any order": (
        "/v1/models/loan-default:predict",
        {"instances": [dict(reversed(RICH.items())), POOR]},
        {"predictions": ["no", "yes"]},
    ),
    "a missing value is null where the model imputes": (
        "/v1/models/loan-default:predict",
        {"instances": [[None, 21, None, 0]]},
        {"predictions": ["yes"]},
    ),
    "an unseen category is answered": (
        "/v1/models/loan-default:predict",
        {"instances": [[95, 50, "houseboat", 1]]},
        {"predictions": ["no"]},
    ),
    "the name may be written with an underscore": (
        "/v1/models/loan_default:predict",
        {"instances": [RICH]},
        {"predictions": ["no"]},
    ),
    "the deployment's name is a name of the model": (
        "/v1/models/loans-eu:predict",
        {"instances": [RICH]},
        {"predictions": ["no"]},
    ),
    "further keys of a V1 request are passed over": (
        "/v1/models/loan-default:predict",
        {"signature_name": "serving_default", "instances": [RICH]},
        {"predictions": ["no"]},
    ),
    "the plain path takes instances": (
        "/api/v1/models/loan-default/predict",
        {"instances": [RICH]},
        {"predictions": ["no"]},
    ),
    "the plain path takes features": (
        "/api/v1/models/loan-default/predict",
        {"features": [95, 50, "own", True]},
        {"predictions": ["no"]},
    ),
    "the plain path takes inputs": (
        "/api/v1/models/loan-default/predict",
        {"inputs": [RICH, POOR]},
        {"predictions": ["no", "yes"]},
    ),
    "V2 takes a tensor for each column": (
        "/v2/models/loan-default/infer",
        {
            "id": "7",
            "parameters": {"trace": "a", "headers": {"x": "y"}},
            "inputs": [
                {"name": "employed", "shape": [2], "datatype": "BOOL", "data": [True, False]},
                {"name": "home", "shape": [2], "datatype": "BYTES", "data": ["own", "rent"]},
                {"name": "age", "shape": [2, 1], "datatype": "INT64", "data": [[50], [21]]},
                {"name": "income", "shape": [2], "datatype": "FP64", "data": [95.5, None]},
            ],
            "outputs": [{"name": "predict"}],
        },
        {
            "model_name": "loan-default",
            "model_version": "loan-default-1",
            "id": "7",
            "outputs": [{"name": "predict", "shape": [2], "datatype": "BYTES", "data": ["no", "yes"]}],
        },
    ),
}


@pytest.mark.parametrize("case", LOAN_CASES)
async def test_a_classifier_answers(loan: Client, case: str) -> None:
    path, request, want = LOAN_CASES[case]
    answer = await loan.post(path, request)
    assert (answer.status, answer.json) == (200, want)


LINE_CASES: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "rows of one number": (
        "/api/v1/models/linear_regression/predict",
        {"instances": [[1], [2], [3]]},
        {"predictions": [2, 4, 6]},
    ),
    "plain numbers, since there is one column": (
        "/api/v1/models/linear_regression/predict",
        {"instances": [1, 2, 3]},
        {"predictions": [2, 4, 6]},
    ),
    "plain numbers as features": (
        "/api/v1/models/linear_regression/predict",
        {"features": [1, 2, 3]},
        {"predictions": [2, 4, 6]},
    ),
    "one row": ("/predict", {"features": [1.5]}, {"prediction": 3}),
    "one row as an object": ("/predict", {"features": {"x": 1.5}}, {"prediction": 3}),
    "a list of rows": ("/predict", {"features": [[1], [2]]}, {"prediction": [2, 4]}),
}


@pytest.mark.parametrize("case", LINE_CASES)
async def test_a_regressor_answers(line: Client, case: str) -> None:
    path, request, want = LINE_CASES[case]
    answer = await line.post(path, request)
    assert answer.status == 200
    assert list(answer.json) == list(want)
    for key, values in want.items():
        assert answer.json[key] == pytest.approx(values, abs=1e-9)


async def test_predict_gives_the_probability_of_the_second_class(point: Client) -> None:
    low, high = [(await point.post("/predict", {"features": row})).json for row in ([0, 0], [1, 1])]
    assert (low["prediction"], high["prediction"]) == (0, 1)
    assert 0 < low["probability"] < 0.5 < high["probability"] < 1


async def test_v2_takes_one_matrix_and_gives_both_outputs(point: Client) -> None:
    tensor = {"name": "rows", "shape": [2, 2], "datatype": "FP32", "data": [0, 0, 1, 1]}
    flat = (await point.post("/v2/models/point/versions/point-1/infer", {"inputs": [tensor]})).json
    nested = (
        await point.post("/v2/models/point/infer", {"inputs": [tensor | {"data": [[0, 0], [1, 1]]}]})
    ).json
    assert flat == nested
    predict, probabilities = flat["outputs"]
    assert predict == {"name": "predict", "shape": [2], "datatype": "INT64", "data": [0, 1]}
    assert (probabilities["shape"], probabilities["datatype"]) == ([2, 2], "FP64")
    assert sum(probabilities["data"]) == pytest.approx(2)


async def test_a_chunked_body_is_read_like_any_other(point: Client) -> None:
    body = b'{"features": [0, 0]}'
    chunks = b"".join(b"%x\r\n%s\r\n" % (1, body[i : i + 1]) for i in range(len(body))) + b"0\r\n\r\n"
    answer = await point.send(b"POST /predict HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n" + chunks)
    assert answer.json["prediction"] == 0


NO_PROBABILITIES = [{"name": "predict", "datatype": "INT64", "shape": [-1]}]
INFER = {"inputs": [{"name": "rows", "shape": [1, 2], "datatype": "FP64", "data": [0, 0]}]}


async def test_a_model_without_probabilities_promises_and_gives_none(versions: dict[str, Path]) -> None:
    async with listening(served_from(versions["vector"]), SETTINGS) as client:
        assert (await client.get("/v2/models/vector")).json["outputs"] == NO_PROBABILITIES
        answer = await client.post("/v2/models/vector/infer", INFER)
        assert [output["name"] for output in answer.json["outputs"]] == ["predict"]
        wanted = {"outputs": [{"name": "predict"}, {"name": "probabilities"}]}
        refused = await client.post("/v2/models/vector/infer", INFER | wanted)
        assert (refused.status, refused.json["field"]) == (400, "outputs[1].name")
        assert refused.json["error"].endswith('is "probabilities"; this model has predict')
        assert await client.sample("leeway_model_rows_total") == 1


PAGES: dict[str, tuple[str, int, dict[str, Any]]] = {
    "alive": ("/healthz", 200, {"status": "ok"}),
    "ready": ("/readyz", 200, {"ready": True}),
    "V1 names": ("/v1/models", 200, {"models": ["loan-default", "loans-eu"]}),
    "V2 server": ("/v2", 200, {"name": "leeway", "version": "0.1.0", "extensions": []}),
    "V2 live": ("/v2/health/live", 200, {"live": True}),
    "V2 ready": ("/v2/health/ready", 200, {"ready": True}),
    "V2 model ready": ("/v2/models/loans_eu/ready", 200, {"name": "loans_eu", "ready": True}),
    "V2 version ready": (
        "/v2/models/loan-default/versions/loan-default-1/ready",
        200,
        {"name": "loan-default", "ready": True},
    ),
    "V2 model": (
        "/v2/models/loan-default",
        200,
        {
            "name": "loan-default",
            "versions": ["loan-default-1"],
            "platform": "scikit-learn",
            "inputs": [
                {"name": "income", "datatype": "FP64", "shape": [-1]},
                {"name": "age", "datatype": "FP64", "shape": [-1]},
                {"name": "home", "datatype": "BYTES", "shape": [-1]},
                {"name": "employed", "datatype": "BOOL", "shape": [-1]},
            ],
            "outputs": [
                {"name": "predict", "datatype": "BYTES", "shape": [-1]},
                {
                    "name": "probabilities",
                    "datatype": "FP64",
                    "shape": [-1, 2],
                    "parameters": {"classes": ["no", "yes"], "positive_class": "yes"},
                },
            ],
        },
    ),
}


@pytest.mark.parametrize("case", PAGES)
async def test_pages(loan: Client, case: str) -> None:
    path, status, want = PAGES[case]
    answer = await loan.get(path)
    assert (answer.status, answer.json) == (status, want)


async def test_the_model_page_tells_which_bytes_are_served(loan: Client) -> None:
    page = (await loan.get("/v1/models/loan-default")).json
    assert (page["ready"], page["version"], len(page["digest"])) == (True, "loan-default-1", 71)


async def test_head_is_answered_without_a_body(loan: Client) -> None:
    answer = await loan.request("HEAD", "/healthz")
    assert (answer.status, answer.headers["content-length"], answer.body) == (200, "15", b"")


async def test_metrics_count_requests_rows_and_quality(loan: Client) -> None:
    await loan.post("/predict", {"features": [RICH, POOR]})
    await loan.post("/predict", {"features": [1]})
    answer = await loan.get("/metrics", accept="application/openmetrics-text; version=1.0.0")
    families = text_string_to_metric_families(answer.body.decode())  # type: ignore[no-untyped-call]
    samples = {
        (sample.name, sample.labels.get("code", "")): sample
        for family in families
        for sample in family.samples
    }
    assert answer.body.endswith(b"# EOF\n")
    assert samples[("leeway_model_requests_total", "200")].value == 1
    assert samples[("leeway_model_requests_total", "400")].value == 1
    assert samples[("leeway_model_rows_total", "")].value == 2
    assert samples[("leeway_model_request_duration_seconds_count", "")].value == 2
    assert samples[("model_accuracy", "")].value == 0.91
    assert samples[("model_f1_score", "")].value == 0.87
    assert samples[("model_accuracy", "")].labels["model"] == "loan-default"
    assert samples[("leeway_model_process_start_time_seconds", "")].value > 1e9


async def test_metrics_are_plain_text_for_whoever_does_not_ask(loan: Client) -> None:
    answer = await loan.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")


async def test_while_loading_the_process_lives_and_says_why_it_is_not_ready() -> None:
    async with listening(None, Settings()) as client:
        alive = await client.get("/healthz")
        assert (alive.status, "leeway-model-version" in alive.headers) == (200, False)
        assert (await client.get("/v2")).status == 200
        for path in ("/readyz", "/v2/health/ready"):
            answer = await client.get(path)
            assert (answer.status, answer.json["reason"]) == (503, "the model is loading")
        answer = await client.post("/predict", {"features": [1]})
        assert (answer.status, answer.headers["retry-after"]) == (503, "1")


async def test_while_draining_requests_are_answered_and_clients_sent_away(point: Client) -> None:
    point.readiness.reason = "the server is draining"
    assert (await point.get("/readyz")).status == 503
    answer = await point.post("/predict", {"features": [0, 0]})
    assert (answer.status, answer.headers["connection"]) == (200, "close")
