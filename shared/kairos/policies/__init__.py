"""Law packs, one file each, discovered by being there. `kairos.registry.Policy` says what a file offers."""
