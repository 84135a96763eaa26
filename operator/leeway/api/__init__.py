"""The API as pydantic models, one file per kind; CRDs and reference are generated from them."""
