"""What the collector costs the operator: real HTTP, simulated pods."""
