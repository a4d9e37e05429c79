"""Ways to reach a person, one file each, discovered by being there. `kairos.registry.Channel` says what a file offers."""
