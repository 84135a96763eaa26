"""What users write and read: one file per kind; `crd.py` generates the CRDs and the reference from them."""
