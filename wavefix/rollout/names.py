"""The names of branches: components made fit for a ref, each in one way only."""

from __future__ import annotations

import re

from wavefix.config import filled

# git-check-ref-format(1) allows more; what a shell would take for its own is left out as well.
_PLAIN = re.compile(r"[\w.+=,@-]", re.ASCII)
ROOT = "root"  # the component that is the whole repository


def branch_name(template: str, component: str, profile: str) -> str:
    """The branch of a component; the template is one that the configuration would take."""
    fitted = fit(component)
    return filled(
        template, {"component": fitted, "name": fitted.rpartition("/")[2], "profile": profile}
    )


def fit(component: str) -> str:
    """A path as part of a ref's name; no two paths become the same.

    Whatever a name of git's cannot hold, and `%` itself, is written as in a URL; so is the `r` of
    a path that is called as the whole repository is.
    """
    if component == ROOT:
        return _escaped(ROOT[0]) + ROOT[1:]
    return "/".join(map(_fit, component.split("/"))) if component != "." else ROOT


def _fit(step: str) -> str:
    out = "".join(
        sign if _PLAIN.match(sign) or (sign > "\x7f" and sign.isalnum()) else _escaped(sign)
        for sign in step
    )
    out = re.sub(r"^[.-]|(?<=\.)\.|\.$", lambda found: _escaped(found[0]), out)
    return re.sub(r"\.(?=lock$)", "%2E", out)


def _escaped(sign: str) -> str:
    return "".join(f"%{byte:02X}" for byte in sign.encode("utf-8", "surrogateescape"))
