"""`kubectl leeway`: what a person asks of Leeway at a terminal."""
