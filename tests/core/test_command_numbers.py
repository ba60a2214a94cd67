"""Numbers on the command line."""

import pytest
import rich_click as click
from echoes.cli import main


def _numbers(command, name):
    for one in getattr(command, "commands", {}).values():
        yield from _numbers(one, f"{name} {one.name}")
    yield from ((f"{name} {one.opts[0]}", one) for one in command.params if isinstance(one.type, click.types.FloatParamType))


NUMBERS = list(_numbers(main, "echoes"))


@pytest.mark.parametrize(("name", "option"), NUMBERS, ids=[name for name, _ in NUMBERS])
def test_a_text_that_is_no_number_is_refused(name, option):
    """Also `nan`, which is neither below nor above a bound."""
    for text in ("nan", "-NaN", "inf", "soon"):
        with pytest.raises(click.BadParameter, match=text):
            option.type.convert(text, option, None)
    assert len(NUMBERS) > 5, name
