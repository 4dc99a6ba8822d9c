"""Secrets come in a variable, or in the file that the variable with `_FILE` names, as Compose mounts them."""

import os
from collections.abc import Iterable
from pathlib import Path


def read_secrets(variables: Iterable[str]) -> tuple[list[str], list[str]]:
    """Give the value of each variable, empty where there is none, and a line for each that cannot be had."""
    values: list[str] = []
    lines: list[str] = []
    for variable in variables:
        try:
            values.append(_read(variable))
        except ValueError as mistake:
            values.append("")
            lines.append(str(mistake))
    return values, lines


def _read(variable: str) -> str:
    value, path = os.environ.get(variable, "").strip(), os.environ.get(f"{variable}_FILE", "")
    if not path:
        return value
    if value:
        raise ValueError(f"{variable} and {variable}_FILE are both set. Remove one of them")
    advice = f"Set it to a file that holds the value of {variable} and that user {os.getuid()} can read"
    shown = f"{variable}_FILE is {path[:80]!r}"
    try:
        text = Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ValueError(f"{shown}, which cannot be read ({os.strerror(error.errno or 0)}). {advice}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{shown}, which is no text. {advice}") from None
    if not text:
        raise ValueError(f"{shown}, which is empty. {advice}")
    return text
