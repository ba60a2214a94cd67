"""Counts the words that players typed and the game did not understand, on this worker, until they are kept in PostgreSQL.

Of a line only the first word counts, without the player and the time of day. A word is one of letters that have capitals. So nothing with
digits or signs is kept, as passwords mostly have, and nothing of a script in which a whole sentence has no space.
"""

import asyncio
from collections import Counter

from echoes.errors import PlayerError
from echoes.game.catalogue import UnknownWord
from echoes.storage import unknown_words
from echoes.storage.database import Database
from echoes.storage.unknown_words import OTHERS, Count

MOST = 500
"""Words that a worker counts apart between two writes."""
OF_ONE = 20
"""Lines of one character that count between two writes, so that no player fills the list."""
LONGEST = 20
"""Letters of a word."""
SECONDS = 60.0
"""Seconds between two writes."""


def kept(word: str) -> str:
    """The word as it is counted: itself, or `OTHERS`."""
    letters = word.replace("'", "").replace("-", "")
    return word if letters and len(word) <= LONGEST and all(map(str.islower, letters)) else OTHERS


class UnknownWords:
    """The words that this worker has counted since its last write. They are lost when it is killed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lines: Counter[str] = Counter()
        self._alone: Counter[str] = Counter()
        self._of_one: Counter[int] = Counter()
        """By character, between two writes."""
        self.some_waiting = asyncio.Event()
        """Set while words wait: `keep` has work."""

    def count(self, character_id: int, unknown: UnknownWord) -> None:
        """Count a line of a character by its first word."""
        if self._of_one[character_id] < OF_ONE:
            self._of_one[character_id] += 1
            self._add(kept(unknown.word), 1, int(unknown.alone))

    async def keep(self) -> None:
        """Write what was counted, in one statement. What PostgreSQL did not confirm is written again later, so it may count twice."""
        lines, alone = self._lines, self._alone
        self._lines, self._alone = Counter(), Counter()
        self._of_one.clear()
        self.some_waiting.clear()
        if not lines:
            return
        try:
            await unknown_words.add(self._database, [Count(word, number, alone[word]) for word, number in lines.items()])
        except PlayerError:
            for word, number in lines.items():
                self._add(word, number, alone[word])
            raise

    def _add(self, word: str, number: int, alone: int) -> None:
        if word not in self._lines and len(self._lines) >= MOST:
            word = OTHERS
        self._lines[word] += number
        self._alone[word] += alone
        self.some_waiting.set()
