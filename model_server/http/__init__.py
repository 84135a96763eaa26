"""HTTP: the listener, what each path answers, and when the process starts and ends."""
