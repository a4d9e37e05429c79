"""What a journey can do, one file each, discovered by being there. `kairos.registry.Step` says what a file offers."""
