"""What the native cluster decides, without a cluster."""
