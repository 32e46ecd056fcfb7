"""One file a command, and nothing else."""
