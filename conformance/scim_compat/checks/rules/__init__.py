"""The rules: one module a subject, and nothing else."""
