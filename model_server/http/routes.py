"""What a path means: a route, and finding the one that a request asks for."""

import re
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

from model_server.http.messages import Reply
from model_server.http.readiness import Readiness
from model_server.protocols.dialect import Dialect
from model_server.rows.refusal import Refusal
from model_server.settings import Settings
from model_server.version.served import ServedModel

METHODS = {"GET": ("GET", "HEAD"), "POST": ("POST",)}


@dataclass(frozen=True)
class Call:
    """What a page is asked: the parts of its path in braces, and which types the client accepts."""

    params: dict[str, str]
    accept: str = ""


Page: TypeAlias = Callable[["Site", Call], Reply]


@dataclass(frozen=True)
class Intake:
    """What takes a body that asks for no prediction: in steps, between which others have their turn.

    `take` raises `Refusal` for a body that it does not take.
    """

    take: Callable[[ServedModel, Settings, bytes], Generator[None, None, Reply]]


@dataclass(frozen=True)
class Route:
    """A path, what answers it, and how the OpenAPI document describes it; no `answer` means plain text."""

    method: Literal["GET", "POST"]
    path: str
    target: Page | Dialect | Intake
    summary: str
    answer: str = ""
    request: str = ""


@dataclass(frozen=True)
class Match:
    """The route of a request, and the parts of its path in braces."""

    route: Route
    params: dict[str, str]


class Routes:
    """Finds the route of a request; paths that were asked for lately are remembered."""

    def __init__(self, table: Sequence[Route]) -> None:
        self.table = tuple(table)
        self.patterns = tuple((compiled(route.path), route) for route in table)
        self.find: Callable[[str, str], Match] = lru_cache(maxsize=256)(self.search)

    def search(self, method: str, path: str) -> Match:
        """Return the match, or raise `Refusal` (404, or 405 with the methods that are allowed)."""
        for pattern, route in self.patterns:
            match = pattern.fullmatch(path)
            if match is None:
                continue
            allowed = METHODS[route.method]
            if method not in allowed:
                raise Refusal(
                    405,
                    f"{path[:200]} takes {' and '.join(allowed)}, not {method[:20]}",
                    allow=", ".join(allowed),
                )
            return Match(route, match.groupdict())
        raise Refusal(
            404,
            f"there is no {path[:200]} here; POST /predict answers rows, GET /openapi.json lists all paths",
        )


def compiled(template: str) -> re.Pattern[str]:
    """Return the pattern of a path with names in braces."""
    # A colon ends a name too: V1 writes /v1/models/NAME:predict.
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/:]+)", template))


@dataclass(frozen=True)
class Site:
    """What one port answers: its routes, the version behind them, and the limits of a request."""

    routes: Routes
    readiness: Readiness
    settings: Settings
