"""How many files the process may open."""

import resource

import pytest

from model_server.http.port.server import soft_limit

NO_LIMIT = resource.RLIM_INFINITY
LIMITS: dict[str, tuple[tuple[int, int], int]] = {
    "raised to what is wanted": ((1024, 1_048_576), 8000),
    "raised as far as the hard limit lets": ((256, 4096), 4096),
    "never lowered": ((65_536, 65_536), 65_536),
    "no hard limit, which some systems do not take as a soft one": ((256, NO_LIMIT), 8000),
    "no limit at all": ((NO_LIMIT, NO_LIMIT), NO_LIMIT),
}


@pytest.mark.parametrize("case", LIMITS)
def test_the_soft_limit(case: str) -> None:
    (soft, hard), want = LIMITS[case]
    assert soft_limit(soft, hard, 8000) == want
