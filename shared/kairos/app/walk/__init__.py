"""Paced, restartable passes over many profiles."""
