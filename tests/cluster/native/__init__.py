"""A real Kubernetes on one machine: built from its own Go modules, run without Docker.

``python -m tests.cluster.native up`` leaves a healthy cluster; ``down`` leaves nothing of it.
"""
