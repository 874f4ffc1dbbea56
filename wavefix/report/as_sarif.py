"""Findings as SARIF 2.1.0, which code hosts and editors read.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html. GitHub refuses a whole log for one
result without a location, and wants a line in each: github/codeql-action#1738; the rules GH1001 and
GH1003 of microsoft/sarif-sdk.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from wavefix import __version__
from wavefix.codes import CODES, Code
from wavefix.model import Finding
from wavefix.report.facts import ordered
from wavefix.report.words import json_safe, shown

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_FINGERPRINT = "wavefixFinding/v1"


def findings_sarif(findings: Iterable[Finding], cwd: str) -> str:
    """What `wavefix lint --format sarif` prints: one run, every rule, a result for each finding."""
    seen: Counter[tuple[str, ...]] = Counter()
    results = [_result(finding, cwd, seen) for finding in ordered(findings, cwd)]
    driver = {"name": "wavefix", "semanticVersion": __version__, "rules": _rules()}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {
            "%SRCROOT%": {"description": {"text": "The directory that wavefix ran in."}}
        },
        "results": results,
    }
    document = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json_safe(json.dumps(document, indent=2, ensure_ascii=False)) + "\n"


def _rules() -> list[dict[str, Any]]:
    return [_rule(code) for code in CODES.values()]


def _rule(code: Code) -> dict[str, Any]:
    name = "".join(word.capitalize() for word in code.name.split("-"))
    return {
        "id": code.code,
        "name": name,
        "shortDescription": {"text": code.sentence},
        "fullDescription": {"text": f"{code.sentence} {code.advice}"},
        "help": {"text": f"{code.advice} More in {code.page} of wavefix."},
        "defaultConfiguration": {"level": code.severity},
    }


def _result(finding: Finding, cwd: str, seen: Counter[tuple[str, ...]]) -> dict[str, Any]:
    file = shown(finding.file, cwd)
    result: dict[str, Any] = {"ruleId": finding.code}
    if finding.code in CODES:
        result["ruleIndex"] = list(CODES).index(finding.code)
    result |= {"level": finding.severity, "message": {"text": finding.message}}
    uri = quote(file) or "./"  # the directory, where nothing says which file
    location: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": {"uri": uri, "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": finding.line or 1},
        }
    }
    if finding.resource:
        location["logicalLocations"] = [
            {"fullyQualifiedName": finding.resource, "kind": "resource"}
        ]
    result["locations"] = [location]
    result["partialFingerprints"] = {_FINGERPRINT: _fingerprint(finding, file, seen)}
    return result


def _fingerprint(finding: Finding, file: str, seen: Counter[tuple[str, ...]]) -> str:
    """What stays when lines and waves move: the code, the file, the resource, and which of several.

    A finding about no resource is told from others of its file by what it says.
    """
    about = (finding.code, file, finding.resource or finding.message)
    seen[about] += 1
    return hashlib.sha256("\0".join((*about, str(seen[about]))).encode()).hexdigest()
