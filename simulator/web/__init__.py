"""What the simulator serves over HTTP: web portals, systems' front doors, and the on-call phone."""
