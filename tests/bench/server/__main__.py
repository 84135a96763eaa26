"""`python -m tests.bench.server`: what counting costs a request, and how large a metrics page is."""

from __future__ import annotations

import argparse

from tests.bench.server.figures import QUICK, Figure, Sizes, measure


def main() -> None:
    """Measure, and print the table; a goal that is missed is a finding."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.server", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="short rounds, to see that it works")
    figures = measure(QUICK if parser.parse_args().quick else Sizes())
    for figure in figures:
        print(line_of(figure))
    missed = [figure.words.strip() for figure in figures if not figure.is_met]
    print(f"missed: {', '.join(missed)}" if missed else "all goals are met")


def line_of(figure: Figure) -> str:
    """Return a figure as a line of the table."""
    goal = "" if figure.goal is None else f"<= {figure.goal:g}"
    return f"{figure.words:<58} {figure.value:>10.2f} {figure.unit:<3} {goal}".rstrip()


if __name__ == "__main__":
    main()
