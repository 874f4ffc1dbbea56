"""The reference in docs/: JSON Schemas and tables of keys, from the types that read the files.

`make docs` writes docs/schemas/*.json, and the tables between `<!-- generated: TYPE -->` and
`<!-- end -->` in the pages of TABLES. What they say of a key is the description of its field in
the code; a field without one is an error.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from wavefix.config import Config
from wavefix.rules.form import FileText

DOCS = Path(__file__).resolve().parent.parent / "docs"
HOME = "https://wavefix.dev/schemas"  # `$id` is a name: nothing is fetched from there
DIALECT = "https://json-schema.org/draft/2020-12/schema"
SCHEMAS: Mapping[str, tuple[str, type]] = {
    "wavefix.schema.json": ("The configuration of wavefix: .wavefix.yaml", Config),
    "rules.schema.json": ("Rules of your own for wavefix: `rules` in .wavefix.yaml", FileText),
}
TABLES = {"configuration.md": "wavefix.schema.json", "inference.md": "rules.schema.json"}
# What rules of all kinds have: left out of their tables, and a table, `Entry`, of its own.
COMMON = ("id", "doc", "why", "given", "unless")

_TABLE = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_PAGE = re.compile(r"docs/((?:[\w-]+/)*)([\w-]+)\.md")
Schema = Mapping[str, Any]


def schema(file: str) -> Schema:
    """One of SCHEMAS, in draft 2020-12. Raises ValueError where a key has no description."""
    title, kind = SCHEMAS[file]
    made = msgspec.json.schema(kind)
    silent = [
        f"{name}.{key}"
        for name, definition in made["$defs"].items()
        for key, value in definition["properties"].items()
        if not value.get("description")
    ]
    if silent:
        raise ValueError(
            f"{', '.join(silent)}: no description; write `Annotated[..., Meta(description=...)]`, "
            "then `make docs`"
        )
    return {"$schema": DIALECT, "$id": f"{HOME}/{file}", "title": title, **made}


def page(text: str, made: Schema) -> str:
    """A page with its tables written anew."""
    names = [found[2] for found in _TABLE.finditer(text)]
    return _TABLE.sub(lambda found: f"{found[1]}{table(made, found[2], names)}{found[3]}", text)


def table(made: Schema, name: str, apart: Collection[str] = ()) -> str:
    """The keys of a type. Types inside it follow key by key, but for those in tables `apart`."""
    rows = list(_rows(made["$defs"], "RuleText" if name == "Entry" else name, "", apart))
    if "Entry" in apart:
        rows = [row for row in rows if (row[0].strip("`") in COMMON) == (name == "Entry")]
    cells = (("key", "type", "default", "meaning"), ("---",) * 4, *rows)
    return "".join(f"| {' | '.join(row)} |\n" for row in cells)


def _rows(
    defs: Schema, name: str, prefix: str, apart: Collection[str]
) -> Iterator[tuple[str, str, str, str]]:
    required = defs[name]["required"]
    for key, value in defs[name]["properties"].items():
        inner = _inner(value)
        if inner is None or "items" in value:
            default = "required" if key in required else _default(value["default"])
            meaning = _PAGE.sub(r"[\2](\1\2.md)", value["description"])
            yield f"`{prefix}{key}`", _type(value, defs), default, meaning
        if inner and inner not in apart:
            sign = "[]" if "items" in value else ""
            yield from _rows(defs, inner, f"{prefix}{key}{sign}.", apart)


def _inner(value: Schema) -> str | None:
    """The type that a key holds, or a list of: its name among `$defs`."""
    reference = value.get("items", value).get("$ref", "")
    return reference.rpartition("/")[2] or None


def _type(value: Schema, defs: Schema) -> str:
    if "title" in value:
        return str(value["title"])
    if "anyOf" in value:
        return _either([_type(one, defs) for one in value["anyOf"] if one != {"type": "null"}])
    if "enum" in value:
        return _either([f"`{choice}`" for choice in value["enum"]])
    if "$ref" in value:
        return "map"
    if value["type"] == "array":
        return f"list of {_PLURAL.get(inner := _type(value['items'], defs), inner)}"
    if value["type"] == "object":
        return f"map to {_type(value['additionalProperties'], defs)}"
    return _WORDS[value["type"]] + _bounds(value)


_WORDS = {"string": "string", "boolean": "true or false", "integer": "integer", "number": "number"}
_PLURAL = {"string": "strings", "map": "maps"}


def _either(words: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _bounds(value: Schema) -> str:
    if "minimum" in value:
        return f", {value['minimum']} or more"
    return f" above {value['exclusiveMinimum']}" if "exclusiveMinimum" in value else ""


def _default(value: Any) -> str:
    if value is None or value == "" or value == () or value == {}:
        return "none"
    whole = isinstance(value, float) and value.is_integer()
    return f"`{value if isinstance(value, str) else json.dumps(int(value) if whole else value)}`"


def generated() -> dict[Path, str]:
    """What is generated: every file with what it should hold."""
    made = {file: schema(file) for file in SCHEMAS}
    out = {
        DOCS / "schemas" / file: json.dumps(one, indent=2, ensure_ascii=False) + "\n"
        for file, one in made.items()
    }
    return out | {
        DOCS / name: page((DOCS / name).read_text("utf-8"), made[file])
        for name, file in TABLES.items()
    }


def main() -> None:
    try:
        texts = generated()
    except ValueError as error:
        sys.exit(str(error))
    for file, text in texts.items():
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
