"""The words that players typed and the game did not understand, so that the parser can be taught."""

from collections.abc import Sequence

from msgspec import Struct

from echoes.context import Context
from echoes.ops.acting import Operator, require_role
from echoes.storage import unknown_words
from echoes.storage.unknown_words import WordCount


class WordsView(Struct):
    """The words of the last days, those with the most lines first; `others` is the number of lines whose word was not kept."""

    days: int
    words: Sequence[WordCount]
    others: int


async def words(context: Context, operator: Operator, days: int, count: int) -> WordsView:
    """Show the words, a minute old at most. It needs no reason: a word belongs to no player."""
    require_role(operator, "viewer")
    database = context.database
    return WordsView(days, await unknown_words.most(database, days, count), await unknown_words.others(database, days))
