"""What the watches have shown: objects of ours, children, and the keys that their changes wake."""
