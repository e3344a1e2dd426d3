"""The whole road on lab machines of a lab of the tests' own; run in the order of the files' names."""
