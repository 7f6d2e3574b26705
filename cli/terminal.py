"""How wide the terminal is, and text in lines that fit."""

import os
import shutil
import sys
import textwrap
from typing import TextIO

NARROWEST = 8  # columns: below that, lines may wrap
UNKNOWN = (80, 24)  # of a terminal that says it has none: a container's, before anybody looks at it


def folded(text: str, width: int | None, *, break_words: bool = True) -> list[str]:
    """`text` in lines of at most `width` columns; in one line without a width.

    Without `break_words` a word may be longer: a path stays whole, to be copied.
    """
    if width is None:
        return [text]
    width = max(width, NARROWEST)
    lines = textwrap.wrap(text, width, break_on_hyphens=False, break_long_words=break_words)
    return lines or [""]


def labelled(label: str, text: str, size: int, *, break_words: bool = True) -> list[str]:
    """`text` behind a label of `size` columns, folded at the width of the terminal."""
    columns = terminal_width()
    first, *others = folded(text, columns and columns - size, break_words=break_words)
    return [f"{label:<{size}}{first}", *(" " * size + other for other in others)]


def terminal_width(stream: TextIO | None = None) -> int | None:
    """Columns of the terminal that the stream (stdout unless said) is, None when it is none."""
    told = sys.stdout if stream is None else stream
    if not told.isatty():
        return None
    size = os.get_terminal_size(told.fileno())
    return shutil.get_terminal_size(size if size.columns else UNKNOWN).columns
