"""`python -m tests.bench.operator`: measure, and print a table. It asserts nothing."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from dataclasses import fields, replace
from pathlib import Path

from tests.bench.operator.api import open_api
from tests.bench.operator.installation import require_definitions, require_no_other
from tests.bench.operator.machine import measure_machine
from tests.bench.operator.scenarios import QUICK, SCENARIOS, Bench, Sizes, make_setup
from tests.bench.operator.simulation import node_simulated
from tests.bench.operator.table import SOURCE, make_details, make_table
from tests.cluster.kube import ROOT, Kube, connect
from tests.cluster.native.layout import get_home
from tests.cluster.native.refusal import RefusedError


def main() -> int:
    """Return 0, 1 when told to end, or 2 where nothing could be measured."""
    chosen = parse_arguments(sys.argv[1:])
    try:
        asyncio.run(measure(chosen))
    except RefusedError as refusal:
        print(refusal, file=sys.stderr)
        return 2
    except asyncio.CancelledError:
        return 1
    return 0


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    """Return what the command line chose."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.operator", description=__doc__)
    parser.add_argument("--only", action="append", choices=SCENARIOS, help="what is measured; all by default")
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it works")
    parser.add_argument("--checkout", type=Path, default=ROOT, help="whose operator and CRDs are measured")
    for size in fields(Sizes):
        parser.add_argument(f"--{size.name}", type=int, help=f"{size.default} by default")
    return parser.parse_args(arguments)


def choose_sizes(chosen: argparse.Namespace) -> Sizes:
    """Return the sizes that the command line chose."""
    given = {size.name: getattr(chosen, size.name) for size in fields(Sizes)}
    sizes = QUICK if chosen.quick else Sizes()
    return replace(sizes, **{name: number for name, number in given.items() if number is not None})


async def measure(chosen: argparse.Namespace) -> None:
    """Everything that was chosen is measured and printed, and nothing of it is left in the cluster."""
    end_cleanly()
    home, kube, checkout = get_home(), connect(), chosen.checkout.resolve()
    kubeconfig = str(kube.kubeconfig)
    log = home.logs / "bench-operator.log"
    setup = make_setup(checkout, kubeconfig, log)
    require_no_other(kube)
    require_definitions(kube, checkout / "crds")
    log.unlink(missing_ok=True)
    async with open_api(kubeconfig) as api, node_simulated(home, kubeconfig, api):
        figures = await measure_works(chosen, Bench(api, setup, choose_sizes(chosen)), kube)
    print(f"\n{make_table(figures)}\n\n{SOURCE}\nThe operator's log: {log}")


def end_cleanly() -> None:
    """Let SIGTERM, as of `timeout`, clean up like SIGINT does."""
    measuring = asyncio.current_task()
    assert measuring is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, measuring.cancel)


async def measure_works(chosen: argparse.Namespace, bench: Bench, kube: Kube) -> dict[str, float]:
    """Return the figures of each chosen work; what they were counted from is printed as soon as it is known."""
    figures: dict[str, float] = {}
    for work in chosen.only or SCENARIOS:
        require_no_other(kube)  # somebody may have installed one meanwhile
        figures["machine_ms"] = measure_machine()
        print(
            f"\nmeasuring: {work} (this machine does the fixed work in {figures['machine_ms']:.0f} ms)",
            flush=True,
        )
        async for outcome in SCENARIOS[work](bench):
            print(make_details(outcome), flush=True)
            figures |= outcome.figures
    return figures


if __name__ == "__main__":
    sys.exit(main())
