"""The outcome of a run: model, verdicts, files. It knows no rule and no profile."""
