"""The three images, built from hashed wheels with whatever builder is there, and put into the cluster.

``python -m tests.images all`` leaves them built and loaded; ``names`` prints what to deploy.
"""
