"""From stored facts to the state of the province that screens show; one API process publishes its changes."""
