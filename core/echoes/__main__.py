"""The command `echoes`, which is `python -m echoes`, too."""

from echoes.init_process import run_as_init
from echoes.quick_start import quick_end, quick_imports


def main() -> None:
    """Run the command line; as the first process of a container, in a child of it."""
    run_as_init()
    quick_end()
    with quick_imports():
        from echoes.cli import main as command_line  # noqa: PLC0415 - the imports take half a second, in which no signal may be lost

    command_line()


if __name__ == "__main__":
    main()
