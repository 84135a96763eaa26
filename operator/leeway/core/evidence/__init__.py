"""Evidence: the counts of pods, read from their metrics pages and added up without a row lost or counted twice."""
