"""Senders of events, one file each, discovered by being there. `kairos.registry.Source` says what a file offers."""
