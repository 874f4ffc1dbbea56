"""The variables that Argo CD fills into parameters and names of files.

reposerver/repository/repository.go, newEnv; pkg/apis/application/v1alpha1/types.go, Envsubst.
Argo CD puts nothing in place of a variable that it does not know; here those stay, as whoever
bootstraps the platform may fill them in before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_VARIABLE = re.compile(r"\$(?:(?P<plain>ARGOCD_APP_\w+)|\{(?P<braced>ARGOCD_APP_\w+)\})")
_REVISION = "0" * 40  # which commit is synced is not known


def environment(
    name: str, namespace: str, project: str, source: Mapping[str, Any]
) -> dict[str, str]:
    """The variables of one source of an Application."""
    values = {
        "NAME": name,
        "NAMESPACE": namespace,
        "PROJECT_NAME": project,
        "REVISION": _REVISION,
        "REVISION_SHORT": _REVISION[:7],
        "REVISION_SHORT_8": _REVISION[:8],
        "SOURCE_REPO_URL": source.get("repoURL"),
        "SOURCE_PATH": source.get("path"),
        "SOURCE_TARGET_REVISION": source.get("targetRevision"),
    }
    return {f"ARGOCD_APP_{key}": str(value or "") for key, value in values.items()}


def filled(text: str, variables: Mapping[str, str]) -> str:
    """A text with the variables filled in."""
    if "$" not in text:
        return text
    return _VARIABLE.sub(
        lambda match: variables.get(match["plain"] or match["braced"], match[0]), text
    )
