"""One version of a model: loaded from its verified files, checked, ready to answer."""
