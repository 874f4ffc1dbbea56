"""What an Application's `syncPolicy` says: retries, options, and the metadata of its namespace."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from wavefix.model import Retry
from wavefix.yamlio import get

# time.ParseDuration; types.go (parseStringToDuration) reads a bare number as seconds.
_PART = re.compile(r"([0-9]+(?:\.[0-9]*)?)(ms|h|m|s)")
_LONGEST = 64  # characters of a duration
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def sync_options(spec: Mapping[str, Any]) -> tuple[str, ...]:
    """`syncPolicy.syncOptions`, as far as they are text."""
    options = get(spec, "syncPolicy", "syncOptions")
    if not isinstance(options, list):
        return ()
    return tuple(item for item in options if isinstance(item, str))


def namespace_metadata(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """`syncPolicy.managedNamespaceMetadata`: labels and annotations of the namespace that Argo CD
    creates. They are applied on the server's side: those that others set stay
    (controller/sync_namespace.go).
    """
    written = get(spec, "syncPolicy", "managedNamespaceMetadata")
    return written if isinstance(written, dict) else {}


def retry(spec: Mapping[str, Any]) -> Retry:
    """How a failed sync of this Application is retried.

    `syncPolicy.retry` where it is written; else five times where the sync is automated
    (controller/appcontroller.go, autoSync), and never where a person starts it.
    """
    written = get(spec, "syncPolicy", "retry")
    default = Retry()
    if not isinstance(written, dict):
        automated = isinstance(get(spec, "syncPolicy", "automated"), dict)
        return default if automated else Retry(limit=0)
    limit, factor = written.get("limit"), get(written, "backoff", "factor")
    return Retry(
        limit=limit if isinstance(limit, int) else 0,
        duration=_seconds(get(written, "backoff", "duration"), default.duration),
        factor=float(factor) if isinstance(factor, int) and factor > 0 else default.factor,
        longest=_seconds(get(written, "backoff", "maxDuration"), default.longest),
    )


def _seconds(value: Any, default: float) -> float:
    text = str(value).strip() if isinstance(value, (str, int)) else ""
    if text.isdecimal() and len(text) <= _LONGEST:
        return float(text)
    parts = _PART.findall(text) if len(text) <= _LONGEST else []
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return default
    return sum(float(number) * _UNITS[unit] for number, unit in parts)
