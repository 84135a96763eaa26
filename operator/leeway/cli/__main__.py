"""`kubectl leeway`: kubectl runs a program named kubectl-leeway on the PATH as this command."""

from __future__ import annotations

from importlib.metadata import version as installed_version

import typer

from leeway.cli.command import add_commands
from leeway.cli.flags import EXAMPLES
from leeway.cli.simulate import simulate
from leeway.cli.watch import watch

app = typer.Typer(
    name="leeway",
    help="Work with Leeway, the operator that trains, serves and watches scikit-learn models.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command(epilog=EXAMPLES)(simulate)
app.command()(watch)
add_commands(app)


@app.command()
def version() -> None:
    """Print the version of this command."""
    typer.echo(f"kubectl-leeway {installed_version('leeway')}")


def main() -> None:
    """Run the command; the exit code is 0, 1 for what could not be done, or 2 for bad input."""
    app(prog_name="kubectl leeway")


if __name__ == "__main__":
    main()
