"""`python -m tests.bench.evidence.pods`: pods of one process, each under an address of its own on one port.

Each page counts ten rows more than the one before: one in each bin of every column.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from collections import Counter
from functools import cache
from typing import Any

from leeway.core.evidence.profile import read_profile

FEATURES = 30
BINS = 10
EDGES = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


def profile_of(version: str) -> bytes:
    """Return the profile file of a version: ten even bins of each column."""
    rows = [1000] * BINS
    edges = [float(edge) for edge in range(1, BINS)]
    columns = [
        {"name": f"column-{number}", "type": "numeric", "edges": edges, "counts": [*rows, 0, 0], "min": 0.0,
         "max": 10.0, "importance": 0.1}
        for number in range(FEATURES)
    ]  # fmt: skip
    return json.dumps(
        {
            "schemaVersion": "2", "model": "bench", "version": version, "modelDigest": "sha256:" + "0" * 64,
            "createdAt": "2026-11-21T12:00:00+00:00", "source": {"rows": sum(rows), "kind": "holdout"},
            "features": columns, "score": {"edges": edges, "counts": rows},
        }
    ).encode()  # fmt: skip


def digest_of(content: bytes) -> str:
    """Return the digest of a file, as a ModelVersion records it."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@cache
def label() -> str:
    """Return the label of the profile on every series."""
    content = profile_of("any")
    return read_profile(content, digest_of(content)).digest[:8]


@cache
def template() -> str:
    """Return a page with VERSION, and ONE and TEN for what it counts."""
    common = f'model="bench",version="VERSION",profile="{label()}"'
    names = [*map(str, range(BINS)), "missing", "other"]
    lines = [f"leeway_model_process_start_time_seconds{{{common}}} 1000.0"]
    lines += [f'leeway_model_requests_total{{{common},code="200"}} TEN.0']
    lines += [f"leeway_model_{name}_total{{{common}}} TEN.0" for name in ("rows", "drawn_rows")]
    lines += [f"leeway_model_invalid_requests_total{{{common}}} 0.0"]
    for number in range(FEATURES):
        for name in names:
            count = "ONE" if name.isdigit() else "0"
            lines.append(
                f'leeway_model_feature_bin_total{{{common},feature="column-{number}",bin="{name}"}} {count}.0'
            )
    lines += [f'leeway_model_score_bin_total{{{common},bin="{place}"}} ONE.0' for place in range(BINS)]
    for edge in (*EDGES, "+Inf"):
        lines.append(f'leeway_model_request_duration_seconds_bucket{{{common},le="{edge}"}} TEN.0')
    return "\n".join([*lines, "# EOF\n"])


class Pod(asyncio.Protocol):
    """One connection to a pod; `pages` counts the pages by address."""

    def __init__(self, pages: Counter[str]) -> None:
        self.pages = pages

    def connection_made(self, transport: Any) -> None:
        """Note which pod is asked, by the address."""
        self.transport = transport
        self.address = transport.get_extra_info("sockname")[0]

    def data_received(self, data: bytes) -> None:
        """Answer a request; it comes in one piece."""
        version = f"version-{version_number(self.address)}"
        if data.startswith(b"GET /profile"):
            body = profile_of(version)
        else:
            self.pages[self.address] += 1
            count = self.pages[self.address]
            text = template().replace("VERSION", version)
            body = text.replace("ONE", str(count)).replace("TEN", str(10 * count)).encode()
        self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


def address_of(number: int) -> str:
    """Return the address of a pod."""
    return f"127.7.{number // 250}.{number % 250 + 1}"


def version_number(address: str) -> int:
    """Return the number of the pod with that address."""
    _, _, high, low = map(int, address.split("."))
    return high * 250 + low - 1


async def main() -> None:
    """Serve until told to end; the port is printed."""
    pages: Counter[str] = Counter()
    server = await asyncio.get_running_loop().create_server(lambda: Pod(pages), "0.0.0.0", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        sys.exit(0)
