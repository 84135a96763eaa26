"""The pods that Leeway creates: template, mounts, credentials, the Jobs around them, and what went wrong in them."""
