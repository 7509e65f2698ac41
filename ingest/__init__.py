"""Collectors, decoders, push endpoints, and the writer: everything between the outside world and the database."""
