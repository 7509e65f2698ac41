"""SQL of the API, one file a subject: constants and functions from a connection to rows."""
