"""x"""


def show() -> None:
    """x"""
