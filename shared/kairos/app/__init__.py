"""Use cases, one verb a file, and the ports they need of the world."""
