"""The children of a ModelDeployment: Deployments of revisions, Services, budget and network policies."""
