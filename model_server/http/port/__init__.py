"""The ports: sockets, event loops and the server library. What a request is answered with is decided outside."""
