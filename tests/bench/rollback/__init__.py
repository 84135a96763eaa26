"""How fast a bad canary is out of the Service, once what was sent suffices to tell."""
