"""What a ModelDeployment is made of."""
