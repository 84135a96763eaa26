"""A program of its own: which score bin the version that is to be replaced has for each of some rows.

It loads the model as the verifier does, with the same limits (decision 0016), in a process that has not used OpenMP.
"""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct

from model_server.contract.outcome import InputRefused, TryAgain
from model_server.counts.bins import score_bins
from model_server.engines.engine import ModelFailed
from model_server.rows.convert import matrix_of
from model_server.rows.refusal import Refusal
from model_server.rows.table import table_from_list
from model_server.version.examine import limit_loading, out_of_memory
from model_server.version.load import Loaded, load, read_manifest

ROWS_PER_CALL = 1000


class Answer(Struct, frozen=True):
    """The score bin of each row, and by which profile; or the sentence that says why there is none."""

    bins: list[int] = []
    width: int = 0
    profile: str = ""
    refused: str = ""


def main(argv: list[str]) -> int:
    """Write the answer as JSON and return 0; a crash or a limit ends the program without one."""
    asked = arguments(argv)
    asked.answer.write_bytes(msgspec.json.encode(answer(asked.version, asked.beside, asked.rows)))
    return 0


def answer(version: Path, beside: Path | None, rows: Path) -> Answer:
    """Return the bins of the rows in a JSON file, cells in the order of the version's signature, or the refusal."""
    try:
        loaded = load(read_manifest(version), beside, limit_loading)
        return binned(loaded, msgspec.json.decode(rows.read_bytes()))
    except (InputRefused, TryAgain) as refused:
        return Answer(refused=refused.message)
    except (Refusal, ModelFailed) as error:
        return Answer(refused=f"it has no answer to these rows: {error}")
    except MemoryError:
        return Answer(refused=out_of_memory())


def binned(loaded: Loaded, rows: list[Any]) -> Answer:
    """Return the score bins of the rows, by the version's own profile."""
    profile = loaded.profile
    if profile is None:
        return Answer(refused="it has no reference profile")
    found = []
    for start in range(0, len(rows), ROWS_PER_CALL):
        part = rows[start : start + ROWS_PER_CALL]
        matrix = matrix_of(loaded.signature, table_from_list(loaded.signature, "rows", part, len(part)))
        found.append(score_bins(profile.score, loaded.engine.predict(matrix).scores))
    return Answer(np.concatenate(found).tolist(), len(profile.score.counts), profile.digest)


def arguments(argv: list[str]) -> Namespace:
    """Return the parsed command line."""
    parser = ArgumentParser(description="Tell the score bins that a version has for rows.")
    for name in ("version", "rows", "answer"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument(
        "--beside", type=Path, help="directory whose files go before the uris of the manifest"
    )
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
