"""Pure verdicts: facts in, findings out."""
