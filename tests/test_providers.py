"""The catalogue of providers: well-formed, unambiguous, and complete enough to be of use."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest

from wavefix.rules.form import ProviderText
from wavefix.rules.reader import read

RULES = Path(__file__).parent.parent / "wavefix" / "rules"
FILES = sorted(RULES.glob("providers-*.yaml"))
SUBJECTS = {
    *("secrets", "network", "delivery", "platform", "observability"),
    *("data", "policy-storage", "apps"),
}

GROUP = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")
KIND = re.compile(r"[A-Z][A-Za-z0-9]*(\.[a-z0-9-]+(\.[a-z0-9-]+)*)?")
OWN_KIND = re.compile(r"[A-Z][A-Za-z0-9]*(\.[a-z0-9-]+){2,}")
GIVEN = re.compile(KIND.pattern + r"/([a-z0-9.-]|\$\((release|fullname)\))+")
IMAGE = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*")


def _providers() -> list[ProviderText]:
    return [
        provider for file in FILES for provider in read(str(file), file.read_text()).text.providers
    ]


PROVIDERS = _providers()


def test_files() -> None:
    assert {file.stem.removeprefix("providers-") for file in FILES} == SUBJECTS
    for file in FILES:
        text = read(str(file), file.read_text()).text
        assert text.ecosystem == file.stem
        assert text.docs.startswith("https://")
        assert not [*text.rules, *text.makes, *text.hosts, *text.defines, *text.policies]


def test_enough() -> None:
    assert len(PROVIDERS) >= 150
    ids = [provider.id for provider in PROVIDERS]
    assert len(ids) == len(set(ids))


def test_no_operator_twice() -> None:
    """A package of OLM, or an image, says which provider it is."""
    for field in ("packages", "images"):
        seen: dict[str, str] = {}
        for provider in PROVIDERS:
            for name in getattr(provider, field):
                assert name not in seen, f"{name}: {seen.get(name)} and {provider.id}"
                seen[name] = provider.id


def test_charts_of_one_name() -> None:
    """Where two providers have charts of one name, each says where its own comes from."""
    named: dict[str, list[ProviderText]] = defaultdict(list)
    for provider in PROVIDERS:
        assert len(provider.charts) == len(set(provider.charts)), provider.id
        for chart in provider.charts:
            named[chart].append(provider)
    for chart, providers in named.items():
        if len(providers) < 2:
            continue
        for one in providers:
            assert one.repos, f"{chart}: {one.id} does not say where it comes from"
            for other in providers:
                if one is not other:
                    _told_apart(one, other)


def _told_apart(one: ProviderText, other: ProviderText) -> None:
    for part in one.repos:
        for longer in other.repos:
            assert part.lower() not in longer.lower(), f"{one.id} and {other.id}: {longer}"


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.id)
def test_entry(provider: ProviderText) -> None:
    assert re.fullmatch(r"provides/[a-z0-9]+(-[a-z0-9]+)*", provider.id)
    assert provider.charts or provider.packages or provider.images
    assert re.fullmatch(r"https://[a-zA-Z0-9.-]+/?\S*", provider.doc)
    for name in (*provider.charts, *provider.packages):
        assert re.fullmatch(r"[a-z0-9]+([.-][a-z0-9]+)*", name)
    for repo in provider.repos:
        assert re.fullmatch(r"[\w./-]{5,}", repo)
        assert "://" not in repo
    for image in provider.images:
        assert IMAGE.fullmatch(image)
        assert not re.match(r"[^/]*\.[^/]*/", image), "without its registry"
    for group in provider.groups:
        assert GROUP.fullmatch(group)
    for kind in provider.kinds:
        assert OWN_KIND.fullmatch(kind)
        assert kind.partition(".")[2] not in provider.groups
    for kind in provider.admits:
        assert KIND.fullmatch(kind)
    for kind in provider.heals:
        assert kind == "Service:LoadBalancer" or KIND.fullmatch(kind)
    for given in provider.gives:
        assert GIVEN.fullmatch(given), given
        assert len(provider.gives) == len(set(provider.gives))
    if provider.webhook:
        assert provider.groups or provider.kinds


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_lines(file: Path) -> None:
    for number, line in enumerate(file.read_text().splitlines(), 1):
        assert len(line) <= 100 or line.lstrip().startswith("doc: "), number
