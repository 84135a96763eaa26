"""What a TrainingJob is made of."""
