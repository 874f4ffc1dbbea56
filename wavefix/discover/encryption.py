"""Files that are encrypted: as a whole, so that nobody reads them, or value by value, by SOPS.

How a whole file begins: git-crypt (NOT_ENCRYPTED.md, doc/multiple_keys.md), ansible-vault (its user
guide), age (C2SP age.md), OpenPGP (RFC 9580), strongbox and transcrypt (their READMEs).
"""

from __future__ import annotations

from typing import Any

LFS = "git-lfs"
_WHOLE = (
    (b"\0GITCRYPT\0", "git-crypt"),
    (b"$ANSIBLE_VAULT;", "ansible-vault"),
    (b"age-encryption.org/", "age"),
    (b"-----BEGIN AGE ENCRYPTED FILE-----", "age"),
    (b"-----BEGIN PGP MESSAGE-----", "PGP"),
    (b"# STRONGBOX ENCRYPTED RESOURCE", "strongbox"),
    (b"U2FsdGVkX1", "transcrypt"),  # `Salted__` in base64, as openssl writes it
    (b"version https://git-lfs.github.com/spec/", LFS),  # a pointer: its docs/spec.md
)
_SIGNS = tuple(sign for sign, _ in _WHOLE)
_VALUE = "ENC[AES256_GCM,"
# sops stores/stores.go, `metadata`: what it needs to decrypt, and what guards the result.
_METADATA = ("mac", "lastmodified")
_KEYS = ("age", "azure_kv", "gcp_kms", "hc_vault", "hckms", "key_groups", "kms", "pgp")


def encrypted_by(content: bytes) -> str:
    """What encrypted a whole file, or keeps it elsewhere; "" where it is none that is known."""
    if not content.startswith(_SIGNS):
        return ""
    return next(name for sign, name in _WHOLE if content.startswith(sign))


def kept_by(name: str) -> str:
    """Why nobody can read a file, by what `encrypted_by` said."""
    return f"kept by {name}" if name == LFS else f"encrypted by {name}"


def may_be_sops(text: str) -> bool:
    """Whether it is worth to look for what SOPS writes."""
    return "sops" in text or _VALUE in text


def by_sops(data: Any) -> bool:
    """Whether SOPS encrypted a document: it has its metadata, or a value of its form.

    Its MAC holds for all documents of the file, also for what is left in the clear unless
    `mac_only_encrypted` is set (sops.go, `Tree.Encrypt`).
    """
    metadata = data.get("sops") if isinstance(data, dict) else None
    if isinstance(metadata, dict):
        keys = any(isinstance(metadata.get(key), list) and metadata[key] for key in _KEYS)
        if keys or any(metadata.get(key) for key in _METADATA):
            return True
    return _has_value(data)


def hidden(data: Any) -> bool:
    """Whether SOPS left nothing of an object in the clear, not even its kind."""
    return isinstance(data, dict) and _has_value(data.get("kind"))


def _has_value(data: Any) -> bool:
    if isinstance(data, str):
        return data.startswith(_VALUE)
    if isinstance(data, dict):
        return any(map(_has_value, data.values()))
    return isinstance(data, list) and any(map(_has_value, data))
