"""What may stand in the chart's values; ``python -m charts.schema`` writes everything that follows from it."""
