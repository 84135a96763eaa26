"""Everything that touches the world: Kubernetes, the clock, HTTP; it reads for the core and carries out its plans."""
