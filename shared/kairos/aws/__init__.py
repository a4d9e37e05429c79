"""The ports of `kairos.app.ports` on AWS: one file each, with every key and item shape in `table`."""
