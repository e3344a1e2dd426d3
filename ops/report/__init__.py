"""What actions answer, for people and for programs."""
