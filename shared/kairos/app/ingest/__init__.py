"""The front door: prove, translate, name, join, queue."""
