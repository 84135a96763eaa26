"""The pods that Leeway makes: their template, their mounts, the Jobs around them, and what went wrong in them."""
