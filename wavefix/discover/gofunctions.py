"""The functions of Go templates that ApplicationSets use: the language's own, sprig's, Argo CD's.

Numbers are floats as Argo CD has them, which reads parameters as JSON; integers are those that a
template itself writes. Where Go fails, so do these, with one of FAILURES.
Go: text/template/funcs.go; sprig: functions.go; applicationset/utils/template_functions.go.
"""

from __future__ import annotations

import base64
import hashlib
import json
import posixpath
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from wavefix.errors import InputError
from wavefix.patterns import pattern
from wavefix.yamlio import load

_MOST = 1000  # repetitions
LARGEST = 1_000_000  # characters and items of a value
FAILURES = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


def normalize(name: str) -> str:
    """applicationset/utils/template_functions.go, SanitizeName: a name that Kubernetes takes."""
    return re.sub(r"[^-a-z0-9.]", "-", name.lower())[:253].strip("-.")


def shown(value: Any) -> str:
    """A value as Go prints it. Raises TypeError for one that no name is made of."""
    if value is None or isinstance(value, (dict, list)):
        raise TypeError
    if isinstance(value, float):
        return _decimal(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _decimal(value: float) -> str:
    """`%v` of a float64: the shortest digits, from a million on with an exponent."""
    exact = Decimal(repr(value)).normalize()
    if not exact.is_finite():
        raise TypeError
    power = exact.adjusted()
    if not exact or -4 <= power < 6:
        return f"{exact:f}"
    sign, digits, _ = exact.as_tuple()
    first, rest = str(digits[0]), "".join(map(str, digits[1:]))
    mantissa = ("-" if sign else "") + first + (f".{rest}" if rest else "")
    return f"{mantissa}e{'-' if power < 0 else '+'}{abs(power):02d}"


def truth(value: Any) -> bool:
    """Whether a value counts as true: not where it is zero, empty or missing."""
    return bool(value)


def walk(data: Any, steps: Any) -> Any:
    """The value below `data`; None where a map lacks the last key. Raises where Go fails."""
    for step in steps:
        if isinstance(data, list):
            if isinstance(step, bool) or not isinstance(step, int) or step < 0:
                raise TypeError(step)
            data = data[step]
        elif isinstance(data, dict) and isinstance(step, str):
            data = data.get(step)
        else:
            raise TypeError(step)
    return data


def floats(value: Any) -> Any:
    """Parameters as JSON has them: every number is a float64."""
    if isinstance(value, dict):
        return {key: floats(item) for key, item in value.items()}
    if isinstance(value, list):
        return [floats(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def plain(value: Any) -> Any:
    """A value for output: whole numbers without a fraction."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _kind(value: Any) -> str:
    """reflect.Kind of a value, as far as templates tell them apart."""
    for kind, name in (
        (bool, "bool"), (str, "string"), (int, "int"), (float, "float64"), (list, "slice"),
        (dict, "map"),
    ):  # fmt: skip
        if isinstance(value, kind):
            return name
    return "invalid"


def _equal(first: Any, *others: Any) -> bool:
    if not others:
        raise TypeError
    return any(_same(first, other) for other in others)


def _same(first: Any, other: Any) -> bool:
    """eq: nothing equals what is missing; values of two kinds cannot be compared."""
    if first is None or other is None:
        return first is None and other is None
    if _kind(first) != _kind(other) or isinstance(first, (dict, list)):
        raise TypeError
    return bool(first == other)


def _less(first: Any, other: Any) -> bool:
    if _kind(first) != _kind(other) or _kind(first) not in ("string", "int", "float64"):
        raise TypeError
    return bool(first < other)


def _small(count: int) -> int:
    return count if count <= _MOST else _bad(count)


def size(value: Any, most: int = LARGEST) -> int:
    """How large a value is: its characters and items. Raises ValueError for more than `most`."""
    if isinstance(value, str):
        found = len(value)
    elif isinstance(value, dict | list):
        found = len(value)
        items = (*value, *value.values()) if isinstance(value, dict) else value
        for item in items if found <= most else ():
            found += size(item, most - found)
    else:
        found = 1
    return found if found <= most else _bad("too large")


def _times(count: int, text: str) -> str:
    """A text several times over, where that is no more than a value may be."""
    return text * count if count * len(text) <= LARGEST else _bad("too large")


def _replaced(old: str, new: str, text: str) -> str:
    found = text.count(old) * len(new) + len(text)
    return text.replace(old, new) if found <= LARGEST else _bad("too large")


def _joined(sign: str, items: Any) -> str:
    texts = _texts(items) if isinstance(items, list) else [shown(items)]
    _times(len(texts), sign)
    return sign.join(texts)


def _bits(number: int) -> int:
    """An integer as Go has it: of 64 bits."""
    return number if -(1 << 63) <= number < 1 << 63 else _bad(number)


def _printf(form: str, *arguments: Any) -> str:
    left = list(arguments)

    def one(match: re.Match[str]) -> str:
        if match[0] == "%%":
            return "%"
        value, verb = left.pop(0), match[2]
        kinds = {"d": "int", "s": "string", "q": "string", "t": "bool"}
        if verb in kinds and _kind(value) != kinds[verb]:
            raise TypeError(verb)
        if verb not in "dsqtv":
            raise ValueError(verb)
        if verb == "d":
            return str(f"%{match[1]}d" % value)
        text = json.dumps(value, ensure_ascii=False) if verb == "q" else shown(value)
        return f"%{match[1]}s" % text if "0" not in match[1][:1] else _bad(verb)

    out = re.sub(r"%([-0]?\d{0,3})([a-zA-Z%])|%%", one, form)
    return out if not left else _bad(form)


def _bad(what: Any) -> Any:
    raise ValueError(what)


def _integer(value: Any) -> int:
    """cast.ToInt64: of a text, base 10 as far as anybody writes it."""
    if isinstance(value, str):
        return _bits(int(value)) if re.fullmatch(r"[-+]?\d{1,100}", value) else 0
    return _bits(int(value or 0))


def _json(value: Any) -> str:
    text = json.dumps(plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _from_yaml(text: str) -> Any:
    try:
        documents = load(text, "")
    except InputError:
        raise ValueError from None
    return floats(documents[0].data) if documents else {}


def _indent(width: int, text: str) -> str:
    _times(text.count("\n") + 1, " " * _small(width))
    return "\n".join(" " * width + line for line in text.split("\n"))


def _dig(*arguments: Any) -> Any:
    *keys, other, data = arguments
    if not all(isinstance(key, str) for key in keys):
        raise TypeError
    for key in keys[:-1]:
        data = data.get(key, {})
        if not isinstance(data, dict):
            raise TypeError
    return data.get(keys[-1], other)


def _dict(*pairs: Any) -> dict[str, Any]:
    values = [*pairs, ""] if len(pairs) % 2 else list(pairs)
    return {shown(key): value for key, value in zip(values[::2], values[1::2], strict=True)}


def _some(items: list[Any]) -> list[Any]:
    """A list with something in it: an empty one that a function makes is `null` to others."""
    return items or _bad(items)


def _among(item: Any, items: list[Any]) -> bool:
    """Whether a list has an item: 1, 1.0 and true are three things."""
    return any(_kind(item) == _kind(one) and item == one for one in items)


def _unique(items: list[Any]) -> list[Any]:
    _small(len(items))  # each is compared with all before it
    return [item for index, item in enumerate(items) if not _among(item, items[:index])]


def _length(value: Any) -> int:
    return len(value.encode()) if isinstance(value, str) else len(value)


def _part(start: int, end: int, text: str) -> str:
    if start < 0:
        return text[:end]
    return text[start:] if end < 0 or end > len(text) else text[start:end]


def _texts(items: Any) -> list[str]:
    return [shown(item) for item in items if item is not None]


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    # the language's
    "eq": _equal,
    "ge": lambda a, b: not _less(a, b),
    "gt": lambda a, b: not (_less(a, b) or _same(a, b)),
    "index": lambda data, *steps: walk(data, steps),
    "le": lambda a, b: _less(a, b) or _same(a, b),
    "len": _length,
    "lt": _less,
    "ne": lambda a, b: not _same(a, b),
    "not": lambda value: not truth(value),
    "printf": _printf,
    # Argo CD's
    "fromYaml": _from_yaml,
    "fromYamlArray": _from_yaml,
    "normalize": normalize,
    "toYaml": lambda value: json.dumps(plain(value), ensure_ascii=False),  # which is YAML as well
    # sprig's
    "add": lambda *numbers: _bits(sum(map(_integer, numbers))),
    "add1": lambda value: _bits(_integer(value) + 1),
    "append": lambda items, item: [*items, item],
    "b64dec": lambda text: base64.b64decode(text, validate=True).decode(),
    "b64enc": lambda text: base64.b64encode(text.encode()).decode(),
    "base": lambda path: posixpath.basename(path.rstrip("/")) or ("/" if path else "."),
    "cat": lambda *items: " ".join(_texts(items)),
    "coalesce": lambda *items: next((item for item in items if truth(item)), None),
    "compact": lambda items: [item for item in items if truth(item)],
    "concat": lambda *lists: _some([item for one in lists for item in one]),
    "contains": lambda part, text: part in text + "",
    "default": lambda other, value=None: value if truth(value) else other,
    "dict": _dict,
    "dig": _dig,
    "dir": lambda path: posixpath.normpath(posixpath.dirname(path) or "."),
    "empty": lambda value: not truth(value),
    "ext": lambda path: posixpath.splitext(path)[1],
    "fail": _bad,
    "first": lambda items: items[0] if items else None,
    "float64": lambda value: float(value),
    "fromJson": lambda text: floats(json.loads(text)),
    "get": lambda data, key: data.get(key, ""),
    "has": _among,
    "hasKey": lambda data, key: key in dict(data),
    "hasPrefix": lambda prefix, text: text.startswith(prefix),
    "hasSuffix": lambda suffix, text: text.endswith(suffix),
    "indent": _indent,
    "initial": lambda items: _some(items)[:-1],
    "int": _integer,
    "int64": _integer,
    "join": _joined,
    "kindIs": lambda kind, value: _kind(value) == kind,
    "kindOf": _kind,
    "last": lambda items: items[-1] if items else None,
    "list": lambda *items: list(items),
    "lower": lambda text: text.lower(),
    "max": lambda *numbers: max(map(_integer, numbers)),
    "min": lambda *numbers: min(map(_integer, numbers)),
    "mul": lambda first, *others: _product([first, *others]),
    "nindent": lambda width, text: "\n" + _indent(width, text),
    "omit": lambda data, *keys: {key: item for key, item in data.items() if key not in keys},
    "pick": lambda data, *keys: {key: item for key, item in data.items() if key in keys},
    "prepend": lambda items, item: [item, *items],
    "quote": lambda *items: " ".join(
        json.dumps(text, ensure_ascii=False) for text in _texts(items)
    ),
    "regexMatch": lambda expression, text: pattern(expression).search(text),
    "repeat": lambda count, text: _times(_small(count), text),
    "replace": _replaced,
    "rest": lambda items: _some(items)[1:],
    "reverse": lambda items: items[::-1],
    "sha256sum": lambda text: hashlib.sha256(text.encode()).hexdigest(),
    "sortAlpha": lambda items: sorted(_texts(items)),
    "splitList": lambda sign, text: text.split(sign),
    "squote": lambda *items: " ".join(f"'{text}'" for text in _texts(items)),
    "sub": lambda first, second: _bits(_integer(first) - _integer(second)),
    "substr": _part,
    "ternary": lambda yes, no, which: yes if which else no,
    "toJson": _json,
    "toString": lambda value: shown(value),
    "trim": lambda text: text.strip(),
    "trimAll": lambda signs, text: text.strip(signs),
    "trimPrefix": lambda prefix, text: text.removeprefix(prefix),
    "trimSuffix": lambda suffix, text: text.removesuffix(suffix),
    "trunc": lambda size, text: text[:size] if size >= 0 else text[size:],
    "uniq": _unique,
    "until": lambda count: list(range(_small(count))),
    "upper": lambda text: text.upper(),
    "without": lambda items, *unwanted: [
        item for item in items[: _small(len(items))] if not _among(item, list(unwanted))
    ],
}


# What functions take, as Go tells types apart: s text, i integer, b bool, l list, m map, * any; the
# last one of a `+` as often as there are arguments. Those that are not here take anything.
_TYPES: Mapping[str, str] = {
    "append": "l*", "b64dec": "s", "b64enc": "s", "base": "s", "compact": "l", "concat": "l+",
    "contains": "ss", "dir": "s", "ext": "s", "first": "l", "fromJson": "s", "fromYaml": "s",
    "fromYamlArray": "s", "get": "ms", "has": "*l", "hasKey": "ms", "hasPrefix": "ss",
    "hasSuffix": "ss", "indent": "is", "initial": "l", "join": "s*", "kindIs": "s*", "last": "l",
    "lower": "s", "nindent": "is", "normalize": "s", "omit": "ms+", "pick": "ms+",
    "prepend": "l*", "printf": "s*+", "regexMatch": "ss", "repeat": "is", "replace": "sss",
    "rest": "l", "reverse": "l", "sha256sum": "s", "sortAlpha": "l", "splitList": "ss",
    "substr": "iis", "ternary": "**b", "trim": "s", "trimAll": "ss", "trimPrefix": "ss",
    "trimSuffix": "ss", "trunc": "is", "uniq": "l", "until": "i", "upper": "s", "without": "l*+",
}  # fmt: skip
_NAMES = {"s": "string", "i": "int", "b": "bool", "l": "slice", "m": "map"}


def call(name: str, arguments: list[Any]) -> Any:
    """What a function makes. Raises TypeError for arguments that Go refuses."""
    types = _TYPES.get(name)
    if types is not None:
        fixed = types.rstrip("+")
        if len(arguments) > len(fixed) and types.endswith("+"):
            fixed += fixed[-1] * (len(arguments) - len(fixed))
        for argument, type in zip(arguments, fixed, strict=False):
            if type != "*" and _kind(argument) != _NAMES[type]:
                raise TypeError(name)
    return FUNCTIONS[name](*arguments)


def _product(numbers: list[Any]) -> int:
    out = 1
    for item in numbers:
        out = _bits(out * _integer(item))
    return out
