"""What runs on the drill host, by hand and by timer alike. Nothing here imports what only the operator has."""
