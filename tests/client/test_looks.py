"""The promises of the page's style that need no browser: contrast, glyphs that the bundled fonts have, one live region, headings."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "core" / "echoes" / "web" / "client"
GLYPHS = {*map(chr, range(0x20, 0x7F)), *map(chr, range(0xC0, 0x100)), *"\u00a0§«°·»ŒœŒ–—‘’‚‛“”„•…‹›−"}
"""The characters that the reduced fonts contain (docs/client.md, Fonts)."""
READ_ONLY = {"；", "：", "‛", "→"}
"""Characters of what players type, and of comments: the page shows them nowhere."""


def colours(theme: str) -> dict[str, str]:
    """The custom properties of one rule of base.css."""
    rule = re.search(re.escape(theme) + r" \{(.*?)\n\}", (PAGE / "base.css").read_text(encoding="utf-8"), re.DOTALL)
    assert rule is not None
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", rule[1]))


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * one for one in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The ratio that the accessibility guidelines of the W3C define."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", [":root", ':root[data-contrast="high"]'])
def test_borders_of_fields_and_texts_have_contrast(theme):
    """Fields 3:1 against what is inside and around them, texts 4.5:1 on each ground."""
    known = {**colours(":root"), **colours(theme)}
    for ground in ("#0b0a09", known["char"], known["soot"]):
        assert contrast(known["field"], ground) >= 3
    for ground in (known["char"], known["soot"], known["soot-2"]):
        for text in ("ash", "bone-2", "bone", "ember"):
            assert contrast(known[text], ground) >= 4.5, (text, ground)


def test_every_character_of_the_page_is_in_its_fonts():
    """Icons are drawn; a character that no font has is a box."""
    strange = {}
    for path in PAGE.iterdir():
        if path.suffix in {".js", ".css", ".html"}:
            text = re.sub(r"/\*.*?\*/|^\s*//.*?$| // .*?$", "", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
            if found := set(text) - GLYPHS - READ_ONLY - {"\n", "\t"}:
                strange[path.name] = found
    assert strange == {}


class Structure(HTMLParser):
    """Of index.html: which elements announce themselves, by their place; headings."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, str]] = []
        self.live: set[str] = set()
        self.found: list[tuple[str, str]] = []
        self.feed((PAGE / "index.html").read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        known = dict(attrs)
        name = known.get("id") or ""
        within = next((id_ for _, id_ in self.open if id_ in {"title", "game"}), "")
        if "aria-live" in known or known.get("role") in {"alert", "log", "status", "timer", "marquee"}:
            self.live.add(f"{within}:{name}")
        self.found.append((name if tag == "main" and name == "title" else within, tag))
        if tag not in {"meta", "link", "input", "img"}:
            self.open.append((tag, name))

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass


def test_the_story_is_the_only_live_region():
    """In the game; the errors of a sign-in are read aloud where there is no story."""
    assert {one for one in Structure().live if one.startswith("game:")} == {"game:log"}
    speaking = [
        path.name for path in PAGE.glob("*.js") if re.search(r"aria-live|role: \"(alert|status|log)\"", path.read_text(encoding="utf-8"))
    ]
    assert sorted(speaking) == ["account.js", "log.js"]


@pytest.mark.parametrize("screen", ["title", "game"])
def test_each_screen_has_one_heading_and_one_main_landmark(screen):
    """One of the two is hidden at any time."""
    found = Structure().found
    assert found.count((screen, "h1")) == 1
    assert found.count((screen, "main")) == 1


def test_the_licence_of_the_fonts_is_shipped():
    """The Open Font License wants it beside the fonts."""
    licence = (PAGE / "OFL.txt").read_text(encoding="utf-8")
    assert "Alegreya" in licence
    assert "Archivo Narrow" in licence
    assert sum(path.stat().st_size for path in PAGE.glob("*.woff2")) < 48_000
