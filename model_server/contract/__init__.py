"""The contract with the operator: the manifests that pods read, the outcomes and files that they write."""
