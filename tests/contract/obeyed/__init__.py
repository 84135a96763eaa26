"""Every field of the three CRDs is obeyed: changed alone, it changes what Leeway does."""
