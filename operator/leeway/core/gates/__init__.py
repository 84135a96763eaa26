"""Gates: from what was counted of canary and stable to verdicts."""
