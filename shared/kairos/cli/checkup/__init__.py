"""What `kairos doctor` looks at: a file for each part of a deployment, a function for each question about it."""
