"""The trainer: from a TrainingJob manifest to a verified, described, stored model."""
