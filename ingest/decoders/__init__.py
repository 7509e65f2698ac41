"""Pure functions from what sources send to events of the centre, and to what is refused of it."""
