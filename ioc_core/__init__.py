"""The shared words and the storage of the operations centre; imports none of the other packages."""
