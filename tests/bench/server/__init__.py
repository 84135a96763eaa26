"""What counting costs the server."""
