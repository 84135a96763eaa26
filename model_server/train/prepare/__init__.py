"""Preparing: rows cleaned and divided into matrices to learn from and to be judged by."""
