"""`python -m guia.cli`: the same as `guia`."""

from guia.cli.main import main

main()
