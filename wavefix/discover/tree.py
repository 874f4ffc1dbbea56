"""The files of one repository: each is read and parsed at most once, and nothing outside is."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from copy import copy
from typing import Literal

from wavefix.discover.attributes import Attributes
from wavefix.discover.encryption import by_sops, encrypted_by, hidden, may_be_sops
from wavefix.discover.generated import header
from wavefix.discover.repository import Repository
from wavefix.errors import InputError
from wavefix.yamlio import Document, decode, load

MANIFESTS = (".yaml", ".yml", ".json")
KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
CHART = "Chart.yaml"
PIN = "# wavefix: pin"
_CHUNK = 1 << 17


class Tree:
    """A repository under `root` (absolute). What cannot be read is collected in `errors`.

    Several threads may read at once: what is known is put in place as a whole.
    """

    def __init__(
        self,
        root: str,
        exclude: tuple[str, ...] = (),
        base: str = "",
        repo_urls: tuple[str, ...] = (),
        texts: Mapping[str, str] | None = None,
    ) -> None:
        self.root = root
        self.texts = texts or {}  # what stands in place of the text of some files
        self.repository = Repository(root, repo_urls)
        self.errors: list[InputError] = []
        self.encrypted: dict[str, str] = {}  # files that nobody can read, and what encrypted them
        self._attributes = Attributes(root)
        self.base = base or root  # what the patterns of `exclude` are relative to
        self._exclude = None
        if exclude:
            from pathspec import GitIgnoreSpec

            self._exclude = GitIgnoreSpec.from_lines(exclude)
        self._texts: dict[str, str | None] = {}
        self._documents: dict[str, list[Document]] = {}
        self._pins: dict[str, frozenset[int]] = {}
        self._sops: dict[str, Literal["", "within", "whole"]] = {}
        self._generated: dict[str, str] = {}
        self._entries: dict[str, tuple[list[str], list[str]]] = {}
        self._told: set[tuple[str, int, str]] = set()

    def edited(self, texts: Mapping[str, str]) -> Tree:
        """The same repository with other texts in some files; nothing else is read again."""
        other = copy(self)
        other.texts = texts
        other.errors = []
        other._told = set()
        other._texts = dict(self._texts)
        other._documents = {f: d for f, d in self._documents.items() if f not in texts}
        other._pins = {}
        return other

    def inside(self, path: str) -> bool:
        """Whether a path, its symbolic links resolved, lies in the repository."""
        real = os.path.realpath(path)
        return real == self.root or real.startswith(self.root.rstrip("/") + "/")

    def excluded(self, path: str, directory: bool = False) -> bool:
        """Whether the configuration excludes a path."""
        if self._exclude is None:
            return False
        relative = os.path.relpath(path, self.base)
        if relative == "." or relative.split(os.sep, 1)[0] == "..":
            return False
        return self._exclude.match_file(relative + ("/" if directory else ""))

    def entries(self, directory: str) -> tuple[list[str], list[str]]:
        """Sorted names of the sub-directories and of the manifest files of a directory.

        As Argo CD sees it: links to directories are not followed, and only regular files count.
        """
        known = self._entries.get(directory)
        if known is None:
            known = [], []
            try:
                with os.scandir(directory) as found:
                    for entry in found:
                        self._enter(entry, *known)
            except OSError as error:
                self.fail(InputError(f"cannot be read: {error.strerror}", "check it", directory))
            known[0].sort()
            known[1].sort()
            self._entries[directory] = known
        return known

    def _enter(self, entry: os.DirEntry[str], directories: list[str], manifests: list[str]) -> None:
        if entry.is_dir(follow_symlinks=False):
            if entry.name != ".git" and not self.excluded(entry.path, True):
                directories.append(entry.name)
        elif entry.name.endswith(MANIFESTS) or entry.name in KUSTOMIZATIONS:
            regular = entry.is_file(follow_symlinks=False) or (
                os.path.isfile(entry.path) and self.inside(entry.path)
            )
            if regular and not self.excluded(entry.path):
                manifests.append(entry.name)

    def walk(self, directory: str) -> Iterator[str]:
        """Every manifest file below a directory, in a stable order."""
        directories, manifests = self.entries(directory)
        for name in manifests:
            yield os.path.join(directory, name)
        for name in directories:
            yield from self.walk(os.path.join(directory, name))

    def text(self, file: str) -> str | None:
        """The text of a file; None where it is encrypted, and, with an error, cannot be read."""
        if file in self.texts:
            return self.texts[file]
        if file not in self._texts:
            text = None
            try:
                content = _bytes(file)
                if by := encrypted_by(content):
                    self.encrypted[file] = by
                else:
                    text = decode(content, file)
            except InputError as error:
                self.fail(error)
            except OSError as error:
                self.fail(InputError(f"cannot be read: {error.strerror}", "check the path", file))
            self._texts[file] = text
        return self._texts[file]

    def peek(self, file: str) -> str | None:
        """The text of a file that need not be one; None where it is not."""
        if file in self.texts:
            return self.texts[file]
        try:
            return decode(_bytes(file), file)
        except (InputError, OSError):
            return None

    def documents(self, file: str) -> list[Document]:
        """The documents of a file; none, and an error, where it is no YAML."""
        if file not in self._documents:
            found: list[Document] = []
            text = self.text(file)
            if text is not None:
                try:
                    found = load(text, file)
                except InputError as error:
                    if not _template(file, text, error.line):
                        self.fail(error)
                if may_be_sops(text) and any(hidden(one.data) for one in found):
                    found = [one for one in found if not hidden(one.data)]
                    self.encrypted[file] = "SOPS"
            self._documents[file] = found
        return self._documents[file]

    def sops(self, file: str) -> Literal["", "within", "whole"]:
        """Whether SOPS encrypted a document of a file, whose MAC then holds for the whole, or may
        have encrypted something within one.
        """
        if file not in self._sops:
            text = self.text(file) or ""
            found: Literal["", "within", "whole"] = "within" if may_be_sops(text) else ""
            if found and any(by_sops(document.data) for document in self.documents(file)):
                found = "whole"
            self._sops[file] = "whole" if file in self.encrypted else found
        return self._sops[file]

    def generated(self, file: str) -> str:
        """What says that a program wrote a file, and where; "" where nothing does.

        As on GitHub, what `.gitattributes` says goes before the header of the file.
        """
        if file not in self._generated:
            said = self._attributes.generated(file)
            found = header(self.text(file) or "") if said is None else None
            self._generated[file] = ""
            if said is not None and said[3]:
                name, number, words, _ = said
                place = f"{os.path.relpath(name, self.root)}:{number}"
                self._generated[file] = f"{place} says `{_short(words)}`"
            elif found is not None:
                self._generated[file] = f"line {found[0]} says `{_short(found[1])}`"
        return self._generated[file]

    def pinned(self, file: str, line: int) -> bool:
        """Whether `# wavefix: pin` stands on a line."""
        if file not in self._pins:
            text = self.text(file) or ""
            lines = text.split("\n") if PIN in text else []
            self._pins[file] = frozenset(
                number for number, content in enumerate(lines, 1) if PIN in content
            )
        return line in self._pins[file]

    def fail(self, error: InputError) -> None:
        """Remember what cannot be used, once; the caller goes on without it."""
        told = error.file, error.line, error.problem
        if told not in self._told:
            self._told.add(told)
            self.errors.append(error)


def _bytes(file: str) -> bytes:
    """The content of a file, in as few system calls as most manifests need."""
    descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        parts = [os.read(descriptor, _CHUNK)]
        while len(parts[-1]) == _CHUNK:
            parts.append(os.read(descriptor, _CHUNK))
    finally:
        os.close(descriptor)
    return b"".join(parts)


def _short(words: str) -> str:
    """Words of a user's file on one line, with its end left out where it is long."""
    text = " ".join(words.split())
    return text if len(text) <= 60 else f"{text[:57]}..."


def looks_like_manifest(text: str) -> bool:
    """Argo CD's own test for a file that does not parse (reposerver/repository/repository.go)."""
    return "apiVersion" in text and "kind" in text and "metadata" in text


def _template(file: str, text: str, line: int) -> bool:
    """Whether a file that does not parse is one that a template engine reads first.

    Text in braces is common in manifests too; in a manifest it counts beside the error only.
    """
    if "{{" not in text and "{%" not in text:
        return False
    if "/templates/" in file or not looks_like_manifest(text):
        return True
    near = text.split("\n")[max(line - 2, 0) : line]
    return any(sign in content for content in near for sign in ("{{", "{%"))
