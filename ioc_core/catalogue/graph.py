"""Circles among things that name one another."""

from collections.abc import Iterable, Iterator, Mapping


def first_cycle(edges: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """The nodes of the first circle found, its first node also last (`a, b, a`); empty when there is none.

    Edges to nodes that aren't keys are ignored.
    """
    done: set[str] = set()
    for start in edges:
        path: list[str] = []
        stack: list[Iterator[str]] = [iter((start,))]
        while stack:
            node = next(stack[-1], None)
            if node is None:
                stack.pop()
                if path:
                    done.add(path.pop())
            elif node in path:
                return (*path[path.index(node) :], node)
            elif node in edges and node not in done:
                path.append(node)
                stack.append(iter(edges[node]))
    return ()
