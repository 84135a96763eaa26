"""All input and output: Kubernetes, the clock, HTTP. It reads for the core and carries out its plans."""
