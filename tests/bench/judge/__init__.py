"""The judge judged: rollouts and streams are simulated on recorded rows, and the shipped statistics decide."""
