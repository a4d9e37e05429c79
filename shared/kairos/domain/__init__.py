"""Nouns and rules. Standard library only: no AWS, no clock, no environment, no randomness."""
