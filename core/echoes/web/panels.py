"""Panels of the page that extensions bring: a script, a style sheet, and the files that both ask for."""

from pathlib import Path

from msgspec import Struct


class Panel(Struct, frozen=True):
    """A panel of an extension: its `echoes_pages` hook returns one.

    Every file of `folder` is public, at `/x/<entry point>/page/`. The page imports `script` as a module, after its own modules, and calls its
    default export with what a panel may use (`Given` of the page's extensions.js).
    """

    title: str
    """Its heading."""
    folder: Path
    script: str
    """A file of the folder."""
    style: str = ""
    """A style sheet of the folder; empty for none."""


class PanelView(Struct, frozen=True):
    """A panel as the page gets it. Addresses are relative to the page's own."""

    extension: str
    title: str
    script: str
    style: str
