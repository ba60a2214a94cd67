"""The command `echoes`, which is `python -m echoes`, too."""

from echoes.first import stand_aside


def main() -> None:
    """Run the command line; as the first process of a container, in a child of it."""
    stand_aside()
    from echoes.cli import main as command_line  # noqa: PLC0415 - the imports take most of a second, in which no signal may be lost

    command_line()


if __name__ == "__main__":
    main()
