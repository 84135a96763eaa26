"""What is counted of a version's requests: whole numbers, so that counts of pods can be added up.

The operator's statistics take rows as drawn independently of each other. The rows of one request are not: a client's
batch is often one day, or one customer. So bins and decisions count one row of each request, drawn at random.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from random import random

from model_server.contract.identity import Identity
from model_server.contract.profile import ReferenceProfile
from model_server.counts import families
from model_server.counts.places import FeaturePlaces
from model_server.counts.tally import Tally
from model_server.engines.engine import Prediction
from model_server.rows.matrix import Matrix
from model_server.rows.refusal import Cell
from model_server.rows.spelling import category_of


def draw_row(rows: int) -> int:
    """Return the number of one of so many rows, each with the same probability."""
    return int(random() * rows) if rows > 1 else 0  # noqa: S311  a sample, no secret


class Counts:
    """Counts what one version answers and refuses, without a part in it; called from several threads."""

    def __init__(
        self,
        identity: Identity,
        profile: ReferenceProfile | None = None,
        draw: Callable[[int], int] = draw_row,
    ) -> None:
        self.draw = draw
        self.identity = identity
        classes = identity.signature.classes
        # Eight digits tell profiles apart, and keep the label short on every series.
        self.common = {"model": identity.name, "version": identity.version, "profile": identity.profile[:8]}
        self.tally = Tally(families.families_of(profile, classes), self.common)
        self.rows, self.drawn, self.invalid = map(
            self.tally.start, (families.ROWS, families.DRAWN, families.INVALID)
        )
        features = families.counted_features(profile)
        self.features = FeaturePlaces(identity.signature, features, self.tally.start(families.FEATURE_BIN))
        self.score_edges = list(profile.score.edges) if profile else None
        self.scores = self.tally.start(families.SCORE_BIN)
        self.decisions = {
            name: place for place, name in enumerate(classes, self.tally.start(families.DECISION))
        }
        self.cells = {
            cell: place
            for place, cell in enumerate(
                families.invalid_cells(features), self.tally.start(families.RAW_INVALID)
            )
        }

    def add(self, matrix: Matrix, prediction: Prediction) -> None:
        """Count the rows of one request whose answer somebody receives."""
        row = self.draw(prediction.rows)
        places = self.features.of(matrix, row)
        places.append(self.drawn)
        if self.score_edges is not None:
            places.append(self.scores + bisect_right(self.score_edges, float(prediction.scores[row])))
        if self.decisions:
            places.append(self.decisions[category_of(prediction.values[row])])
        self.tally.add(places, {self.rows: prediction.rows})

    def add_invalid(self, cells: Iterable[Cell]) -> None:
        """Count a request that was refused for its rows; each kind of invalid cell once, of counted features alone."""
        places = [self.cells[cell] for cell in cells if cell in self.cells]
        self.tally.add([self.invalid, *places])
