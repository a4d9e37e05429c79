"""Ways to reach a person, one file each, found by being there. `kairos.registry.Channel` says what a file offers."""
