"""Which path means what."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from model_server.http import pages
from model_server.http.messages import Call, Reply
from model_server.http.readiness import Readiness
from model_server.protocols.dialect import Dialect
from model_server.protocols.v1 import ANY_ROWS, PLAIN, V1
from model_server.protocols.v2 import V2
from model_server.rows.refusal import Refusal

Page = Callable[[Readiness, Call], Reply]

PAGES: dict[str, Page] = {
    "/healthz": pages.healthz,
    "/readyz": pages.readyz,
    "/metrics": pages.metrics,
    "/openapi.json": pages.openapi,
    "/v1/models": pages.v1_models,
    "/v1/models/{name}": pages.v1_model,
    "/v2": pages.v2_server,
    "/v2/health/live": pages.v2_live,
    "/v2/health/ready": pages.v2_ready,
    "/v2/models/{name}": pages.v2_model,
    "/v2/models/{name}/ready": pages.v2_model_ready,
    "/v2/models/{name}/versions/{version}": pages.v2_model,
    "/v2/models/{name}/versions/{version}/ready": pages.v2_model_ready,
}
DIALECTS: dict[str, Dialect] = {
    "/predict": PLAIN,
    "/v1/models/{name}:predict": V1,
    "/v2/models/{name}/infer": V2,
    "/v2/models/{name}/versions/{version}/infer": V2,
    "/api/v1/models/{name}/predict": ANY_ROWS,
}


@dataclass(frozen=True)
class Route:
    """A path that exists: a page to read, or a dialect to ask in."""

    target: Page | Dialect
    params: dict[str, str]


def compiled(template: str) -> re.Pattern[str]:
    """Return the pattern of a path with names in braces."""
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/:]+)", template))


PATTERNS: tuple[tuple[re.Pattern[str], Page | Dialect], ...] = tuple(
    (compiled(template), target) for template, target in (DIALECTS | PAGES).items()
)


@lru_cache(maxsize=256)
def find_route(method: str, path: str) -> Route:
    """Return the route of a request, or raise `Refusal` (404, or 405 with the methods that are allowed)."""
    for pattern, target in PATTERNS:
        match = pattern.fullmatch(path)
        if match is None:
            continue
        allowed = ("POST",) if isinstance(target, Dialect) else ("GET", "HEAD")
        if method not in allowed:
            raise Refusal(
                405,
                f"{path[:200]} takes {' and '.join(allowed)}, not {method[:20]}",
                allow=", ".join(allowed),
            )
        return Route(target, match.groupdict())
    raise Refusal(
        404, f"there is no {path[:200]} here; POST /predict answers rows, GET /openapi.json lists all paths"
    )
