"""Tests that need a real Kubernetes, and the program that provides one."""
