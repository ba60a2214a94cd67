"""`python -m echoes` is `echoes`."""

from echoes.cli import main

main()
