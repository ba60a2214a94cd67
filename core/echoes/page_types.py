"""The elements of the page by their ids, as TypeScript declarations for `tsc` over its JavaScript: `rendered`.

`python -m echoes.page_types > core/echoes/web/client/page.d.ts` renews the file that ships; a test compares the two.
"""

import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

PAGE: Final = Path(__file__).parent / "web" / "client" / "index.html"


class _Ids(HTMLParser):
    """Collects the tag of each element that has an id."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the id; the first element that has it counts, as in a browser."""
        name = dict(attrs).get("id")
        if name:
            self.tags.setdefault(name, tag)


def rendered() -> str:
    """The interface PageElements: what `document.getElementById` finds in `index.html`."""
    ids = _Ids()
    ids.feed(PAGE.read_text(encoding="utf-8"))
    fields = "".join(f'  "{name}": HTMLElementTagNameMap["{tag}"];\n' for name, tag in ids.tags.items())
    return (
        "// Made from index.html by `python -m echoes.page_types`; do not edit.\n\n"
        f"/** The elements of the page that have an id. */\nexport interface PageElements {{\n{fields}}}\n"
    )


if __name__ == "__main__":
    sys.stdout.write(rendered())
