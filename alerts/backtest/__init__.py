"""What a rule would have done on stored history."""
