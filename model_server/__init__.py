"""The pods' program: trains, verifies and serves one version of a model. Knows no Kubernetes."""
