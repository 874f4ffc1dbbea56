"""A run that writes: all files or none, each one whole, however it ends.

First a journal says what is to be done; then every new content is made ready beside its file, and
compared files are replaced one by one; then the journal becomes the record that `undo` reads, by
one rename. Until that rename the run has not happened: an error takes everything back at once, and
where the process was killed the next run does, from the journal.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from wavefix.errors import InputError
from wavefix.model import FilePatch
from wavefix.transaction import journal as form
from wavefix.transaction.files import fill, read, replace, sync
from wavefix.transaction.journal import Journal, What
from wavefix.transaction.place import Place, is_inside
from wavefix.transaction.recover import Part, Taken, names, take_back

_NOTHING = "nothing was written"


@dataclass(slots=True)
class _Target:
    """One file on its way: its real path, and the new content beside it."""

    file: str  # as the user knows it
    path: str  # with symbolic links followed
    place: Place
    before: bytes
    after: bytes
    patch: FilePatch
    status: os.stat_result
    staged: str = ""
    replaced: bool = False


def write(places: Sequence[Place], patches: Sequence[FilePatch], what: What = "fix") -> None:
    """Write all patches, or raise InputError with every file as it was.

    A file that no longer has the content that was read is an error, and so is one in none of the
    places' repositories. A symbolic link stays one: the file it leads to is replaced.
    """
    targets = _targets(places, patches)
    parts = _parts(targets, what)
    try:
        for part in parts:
            _keep(part)
        for target in targets:
            _try(target.file, partial(_stage, target))
        for target in targets:
            _try(target.file, partial(_replace, target))
        for directory in sorted({os.path.dirname(target.path) for target in targets}):
            _try(directory, partial(sync, directory))
        for part in parts[:1]:
            _try(part.place.journal, partial(part.place.commit, what))
    except BaseException as error:
        left = _undone(parts, targets)
        if left and isinstance(error, InputError):
            raise InputError(error.problem, left, error.file) from None
        raise
    for part in parts[1:]:
        with suppress(OSError):  # the run is done: the next one does what is left
            part.place.commit(what)


def _targets(places: Sequence[Place], patches: Iterable[FilePatch]) -> list[_Target]:
    """The files, each one read again and compared."""
    targets: dict[str, _Target] = {}
    for patch in patches:
        path = os.path.realpath(patch.file)
        before, after = patch.before.encode(), patch.after.encode()
        known = targets.get(path)
        if known and (known.before, known.after) != (before, after):
            raise InputError(
                f"two paths lead to one file, also as {known.file}", _NOTHING, patch.file
            )
        if known:
            continue
        homes = [place for place in places if is_inside(path, place.root)]
        if not homes:
            raise InputError("leads out of the repository", _NOTHING, patch.file)
        try:
            content, status = read(path)
        except OSError as error:
            raise _failed("read", patch.file, error) from None
        if content != before:
            raise _changed(patch.file)
        if not os.access(path, os.W_OK):  # os.replace would not ask
            raise InputError("cannot be written: Permission denied", _NOTHING, patch.file)
        place = max(homes, key=lambda place: len(place.root))
        targets[path] = _Target(patch.file, path, place, before, after, patch, status)
    return list(targets.values())


def _parts(targets: Sequence[_Target], what: What) -> list[Part]:
    """The journals of the repositories, and where the new content of each file goes."""
    by_place: dict[Place, list[_Target]] = {}
    for target in targets:
        by_place.setdefault(target.place, []).append(target)
    run = secrets.token_hex(8)
    roots = tuple(form.named(place.root) for place in by_place)
    parts = []
    for own, (place, mine) in enumerate(by_place.items()):
        changes = tuple(
            form.change(os.path.relpath(target.path, place.root), target.patch) for target in mine
        )
        part = Part(place, Journal(1, run, what, roots, own, changes))
        for number, target in enumerate(mine):
            target.staged = part.staged(number)
        parts.append(part)
    return parts


def _keep(part: Part) -> None:
    try:
        part.place.keep(part.journal)
    except OSError as error:
        raise InputError(
            f"the journal of this run cannot be kept: {error.strerror or error}",
            _NOTHING,
            part.place.journal,
        ) from None


def _try(file: str, step: Callable[[], None]) -> None:
    try:
        step()
    except OSError as error:
        raise _failed("written", file, error) from None


def _failed(verb: str, file: str, error: OSError) -> InputError:
    return InputError(f"cannot be {verb}: {error.strerror or error}", _NOTHING, file)


def _changed(file: str) -> InputError:
    return InputError("changed since it was read", f"{_NOTHING}; run wavefix again", file)


def _stage(target: _Target) -> None:
    """The new content in a file of its own, with the owner and mode of the old one."""
    fill(target.staged, target.after, target.path, target.status)


def _replace(target: _Target) -> None:
    if not replace(target.staged, target.path, target.before, target.status):
        raise _changed(target.file)
    target.replaced = True


def _undone(parts: Sequence[Part], targets: Sequence[_Target]) -> str:
    """Take back what was done, unless all of it was; what to say about files where that failed."""
    if not parts or not os.path.lexists(parts[0].place.journal):
        return ""
    try:
        taken = take_back(parts)
    except OSError as error:  # all files are old, only a journal is left
        return f"{_NOTHING}, but {parts[0].place.journal} is left: {error.strerror or error}"
    return _left(taken, targets)


def _left(taken: Taken, targets: Sequence[_Target]) -> str:
    left = [
        f"{os.path.relpath(path)} is changed already and cannot be put back "
        f"({error.strerror or error}): mend that, then run `wavefix undo`"
        for path, error in taken.failed.items()
    ]
    ours = [target.path for target in targets if target.replaced]
    changed = [path for path in taken.other if path in ours]
    if changed:
        left.append(f"{names(changed)} changed after it was written, and is left")
    return "; ".join(left)
