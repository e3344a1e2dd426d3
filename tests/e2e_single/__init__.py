"""A site of one machine, in a lab beside that of tests/e2e: what it answers, and what it says of faults."""
