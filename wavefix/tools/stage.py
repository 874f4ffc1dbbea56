"""What a tool is given: files in memory, by their path in a scratch directory."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from wavefix.errors import InputError
from wavefix.files import Files

_MOST_FILES = 20_000  # and directories
_MOST_BYTES = 256 << 20
_DEEPEST = 200  # directories in each other, by links too


@dataclass(slots=True)
class Stage:
    """Files of one repository, copied as they are; `texts` holds what stands in place of some."""

    root: str
    texts: Mapping[str, str] = field(default_factory=dict)  # by absolute path
    files: dict[str, bytes] = field(default_factory=dict)  # by path relative to the root
    reader: Files = None  # type: ignore[assignment]  # of the repository
    _size: int = 0
    _entries: int = 0

    def __post_init__(self) -> None:
        self.reader = self.reader or Files(self.root)

    def add(self, path: str) -> None:
        """A file, or a directory with all that lies below it; links that lead out are left out.

        Raises InputError for what cannot be read, or is too large to copy.
        """
        try:
            if self.reader.is_directory(path):
                self._walk(path, path, ())
            else:
                self._take(path, path)
        except OSError as error:
            where = error.filename if isinstance(error.filename, str) else path
            raise InputError(f"cannot be read: {error.strerror}", "check it", where) from None

    def _walk(self, directory: str, wanted: str, above: tuple[str, ...]) -> None:
        """A directory, links to others followed as Helm does, but not in circles."""
        real = self.reader.real(directory)
        if real in above:
            return
        if len(above) > _DEEPEST:
            raise self._too_large(wanted)
        with os.scandir(real) as entries:
            names = sorted(entry.name for entry in entries)
        for name in names:
            path = os.path.join(directory, name)
            self._entries += 1
            if self._entries > _MOST_FILES:
                raise self._too_large(wanted)
            if not self.reader.is_directory(path):
                self._take(path, wanted)
            elif name != ".git":
                self._walk(path, wanted, (*above, real))

    def _too_large(self, wanted: str) -> InputError:
        return InputError(
            f"too large to render: more than {_MOST_FILES} files or {_MOST_BYTES >> 20} MiB",
            "name what is not needed under `exclude` in .wavefix.yaml",
            wanted,
        )

    def put(self, name: str, content: bytes) -> None:
        """A file that is not in the repository, or not like this. Raises InputError outside of it.

        Names come from manifests: what leads out of the scratch directory is never written.
        """
        if os.path.isabs(name) or ".." in name.split("/"):
            raise InputError(f"`{name}` leads out of the repository", "name something inside it")
        self._size += len(content) - len(self.files.get(name, b""))
        self.files[name] = content

    def _take(self, file: str, wanted: str) -> None:
        name = os.path.relpath(file, self.root)
        if name in self.files:
            return
        if not self.reader.is_file(file):
            return
        text = self.texts.get(file, self.texts.get(self.reader.real(file)))
        self.put(name, self.reader.read(file, count=False) if text is None else text.encode())
        if self._size > _MOST_BYTES or len(self.files) > _MOST_FILES:
            raise self._too_large(wanted)

    def write(self, directory: str) -> None:
        """All files, below an empty directory."""
        for name, content in self.files.items():
            path = os.path.join(directory, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "xb") as stream:
                stream.write(content)

    def digest(self, words: Iterable[str]) -> str:
        """Changes whenever a file does, or one of the words."""
        import hashlib

        mark = hashlib.sha256()
        for word in words:
            mark.update(f"{len(word)}:{word}".encode("utf-8", "surrogatepass"))
        for name in sorted(self.files):
            mark.update(
                f"{len(name)}:{name}{len(self.files[name])}:".encode("utf-8", "surrogatepass")
            )
            mark.update(self.files[name])
        return mark.hexdigest()
