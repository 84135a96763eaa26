"""Every path the server answers: the tables for finding a route and for describing it."""

from model_server.http import pages
from model_server.http.routes import Route, Routes
from model_server.protocols.v1 import ANY_ROWS, PLAIN, V1
from model_server.protocols.v2 import V2

PROBES = (
    Route("GET", "/healthz", pages.healthz, "Say that the process lives.", "Alive"),
    Route("GET", "/readyz", pages.readyz, "Say whether requests are welcome, or why not.", "Ready"),
)
# What probes and scrapers ask for; a port of its own may answer these alone. Pages here tell how data are distributed.
HEALTH = (
    *PROBES,
    Route("GET", "/metrics", pages.metrics, "Export counters for Prometheus."),
    Route("GET", "/profile", pages.profile, "Return the reference profile as it is stored.", "Profile"),
)
ANSWERS = (
    Route("POST", "/predict", PLAIN, "Answer one row, or a list of rows.", "PlainAnswer", "FeaturesRequest"),
    Route(
        "POST",
        "/api/v1/models/{name}/predict",
        ANY_ROWS,
        "Answer rows.",
        "PredictionsAnswer",
        "RowsRequest",
    ),
    Route(
        "POST",
        "/v1/models/{name}:predict",
        V1,
        "Answer rows (V1).",
        "PredictionsAnswer",
        "InstancesRequest",
    ),
    Route(
        "POST",
        "/v2/models/{name}/infer",
        V2,
        "Answer tensors (Open Inference Protocol).",
        "InferAnswer",
        "InferRequest",
    ),
    Route(
        "POST",
        "/v2/models/{name}/versions/{version}/infer",
        V2,
        "Answer tensors with exactly this version.",
        "InferAnswer",
        "InferRequest",
    ),
    Route("GET", "/v1/models", pages.v1_models, "List the model's names.", "ModelNames"),
    Route("GET", "/v1/models/{name}", pages.v1_model, "Say whether the model is ready (V1).", "ModelStatus"),
    Route("GET", "/v2", pages.v2_server, "Describe the server.", "ServerMetadata"),
    Route("GET", "/v2/health/live", pages.v2_live, "Say that the process lives (V2).", "Live"),
    Route("GET", "/v2/health/ready", pages.v2_ready, "Say whether requests are welcome (V2).", "Ready"),
    Route("GET", "/v2/models/{name}", pages.v2_model, "Describe the model's tensors (V2).", "ModelMetadata"),
    Route(
        "GET",
        "/v2/models/{name}/ready",
        pages.v2_model_ready,
        "Say whether the model is ready (V2).",
        "ModelReady",
    ),
    Route(
        "GET",
        "/v2/models/{name}/versions/{version}",
        pages.v2_model,
        "Describe the tensors of exactly this version.",
        "ModelMetadata",
    ),
    Route(
        "GET",
        "/v2/models/{name}/versions/{version}/ready",
        pages.v2_model_ready,
        "Say whether exactly this version is ready.",
        "ModelReady",
    ),
    Route("GET", "/openapi.json", pages.openapi, "Describe every path for this model.", "OpenAPI"),
)
# Of the only port.
TABLE = (*ANSWERS, *HEALTH)
# Of the port for clients, where there is one of health beside it.
CLIENTS = (
    *ANSWERS,
    *PROBES,
    Route("GET", "/metrics", pages.traffic, "Export counters of requests for Prometheus."),
)

ROUTES = Routes(TABLE)
CLIENT_ROUTES = Routes(CLIENTS)
HEALTH_ROUTES = Routes(HEALTH)
