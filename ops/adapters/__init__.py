"""One file for each outside thing: input and output only."""
