"""REST, the live feed, sign-in and permissions."""
