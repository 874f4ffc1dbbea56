"""Rollout: many components, each with a branch and one commit that holds its edits and no other.

`rollout` plans them in a worktree at the base, makes each commit in a worktree of its own, and then
moves the branches: at once, from what they were known to be. `status` plans as well, and tells how
far each component is. The user's working tree, index, HEAD and configuration are never touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wavefix.rollout.prepare import Request
    from wavefix.rollout.run import rollout, status

_MODULES = {"Request": "prepare", "rollout": "run", "status": "run"}

__all__ = ["Request", "rollout", "status"]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(name)
    from importlib import import_module

    return getattr(import_module(f"wavefix.rollout.{_MODULES[name]}"), name)
