"""Counts are whole numbers that nobody loses, and that nobody else can change."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from model_server.contract.identity import Identity
from model_server.contract.signature import Column, Signature
from model_server.counts.counts import ROWS, RowCounts
from model_server.counts.prometheus import Metrics
from model_server.engines.engine import Prediction
from model_server.rows.matrix import Matrix

THREE = Prediction(np.zeros(3), np.zeros(3))
MATRIX = Matrix(np.zeros((3, 1)), np.empty((3, 0), np.int32))
IDENTITY = Identity("line", ("line",), "line-1", "0" * 64, Signature((Column("x", "numeric"),)))


def test_rows_answered_by_many_threads_are_all_counted() -> None:
    counts = RowCounts()
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: counts.add(MATRIX, THREE), range(2000)))
    assert counts.page()[ROWS].tolist() == [6000]
    assert counts.page()[ROWS].dtype == np.int64


def test_a_page_keeps_its_numbers_while_more_is_counted() -> None:
    counts = RowCounts()
    metrics = Metrics(IDENTITY, counts)
    counts.add(MATRIX, THREE)
    page = counts.page()
    counts.add(MATRIX, THREE)
    assert page[ROWS].tolist() == [3]
    sample = 'leeway_model_rows_total{model="line",profile="",version="line-1"} 6.0'
    assert sample in metrics.page("")[1].decode().splitlines()
    assert metrics.page("application/openmetrics-text; version=1.0.0")[1].endswith(b"# EOF\n")
