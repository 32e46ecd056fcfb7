"""What a run found out: the model, the verdicts, and the files."""
