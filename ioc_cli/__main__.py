"""`python -m ioc_cli` is `ioc`."""

from ioc_cli.main import main

main()
