"""The map of communes: cells around their centres, or the operator's own boundaries, projected to a flat sheet."""
