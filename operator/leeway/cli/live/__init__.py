"""A ModelDeployment as people watch it in a terminal."""
