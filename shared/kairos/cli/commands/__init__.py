"""The commands, a file for each group; each imports what it needs when it runs, so that help is there at once."""
