"""How exact edits are, over all the manifests below some directories. Nothing is written.

At every place for a wave (the annotations of every object, other maps of annotations, lists of
patches, what wavefix itself finds), a wave is set, changed and removed, through the functions that
wavefix uses. Each edit is judged by the two texts alone, and by other parsers (`judge.py`):

- Outside one span every byte is as it was, and in the span stands nothing but the annotation and
  the maps that lead to it. Of templates, which are no YAML, this is all that is judged.
- The parsed difference is the annotation.
- A new wave looks like what is around it: quotes, indentation, line break, order.
- Removed again, it leaves no trace where its map had something else in it, or where there was no
  map in one that had. A wave in quotes that is changed and changed back is the same text.

Refusals are counted by their reasons. Exits 1 where an edit fails.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from io import StringIO
from pathlib import Path as File

from judge import Unread, differences, every_map, held, places, trace_free
from ruamel.yaml import YAML

from wavefix.model import Edit, Site
from wavefix.patch import Refused, check, prepare
from wavefix.patch.template import PATH, parts, spot
from wavefix.pipeline import analyse
from wavefix.ways import Ways

EDITS = ("set", "change", "remove")
COLUMNS = ("files", "unread", "places", *EDITS, "refused", "traces", "failures")
_NAMES = re.compile(r"\*[^\s,]+|`[^`]*`|\d+")


@dataclass
class Tally:
    """What was tried below one directory, and what came of it."""

    counts: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


def texts(directory: File, seen: set[int]) -> Iterator[tuple[str, str]]:
    """The YAML and JSON files below a directory, each text only once."""
    for file in sorted(directory.rglob("*")):
        if file.suffix in (".yaml", ".yml", ".json") and file.is_file():
            try:
                text = file.read_bytes().decode("utf-8")
            except UnicodeDecodeError:
                continue
            if hash(text) not in seen:
                seen.add(hash(text))
                yield str(file), text


def found_by_wavefix(directory: File, render: bool) -> dict[str, list[Site]]:
    """The places that wavefix would use for the resources below a directory, by file."""
    found = defaultdict(list)
    root = str(directory.resolve())
    for item in analyse([root], root, ways=Ways(render=render))[0]:
        for resource in item.graph.resources:
            others = (site for sites in resource.others for site in sites)
            for site in (*resource.sites, *others, *(joint.site for joint in resource.joint)):
                found[site.file].append(replace(site, line=1, before=None))
    return found


def sites_of(file: str, text: str, tally: Tally, maps: bool) -> list[Site]:
    """Where a wave could be in a file: as YAML or JSON, and as a template of a chart."""
    sites = []
    directory, templates, _ = file.partition("/templates/")
    if templates and not file.endswith(".json") and File(directory, "Chart.yaml").is_file():
        for part in parts(text):
            if part.kinds or part.names:
                sites.append(Site("chart-template", file, part.number, PATH, 1, None))
    try:
        return [*sites, *(every_map if maps else places)(text, file)]
    except Unread:
        tally.counts["unread"] += not sites
        return sites


def _place(site: Site) -> object:
    template = site.mechanism == "chart-template"
    return template, site.document, site.path, site.inner, site.key, site.entry


@dataclass
class Trial:
    """The edits of one place, one after the other."""

    tally: Tally
    site: Site

    def run(self, text: str) -> None:
        before, quoted = self.before(text)
        first = self.step(
            "set" if before is None else "change", text, "7" if before != "7" else "8"
        )
        if self.site.entry is not None:  # a new item of a list, each time
            return
        second = self.step("change", first, "-12")
        third = self.step("remove", second, None)
        if before is None and third not in (None, text):
            self.tally.counts["traces"] += 1
            if trace_free(text, self.site):
                self.fail(text, "removed again, it leaves a trace")
        if quoted and self.step("change", second, before) not in (None, text):
            self.fail(text, "changed back, it is another text")

    def before(self, text: str) -> tuple[str | None, bool]:
        """The wave that is there, and whether it is in quotes."""
        if self.site.mechanism != "chart-template":
            return held(text, self.site)
        try:
            found = spot(text, self.site.document)
        except Refused:
            return None, False
        return found.before, bool(found.before) and not found.head

    def step(self, name: str, text: str | None, wave: str | None) -> str | None:
        """The text that an edit makes; None where it makes none."""
        if text is None:
            return None
        try:
            why = check(self.site, text, remove=wave is None)
            if why:
                self.tally.counts["refused"] += 1
                self.tally.refusals[f"{name}: {_NAMES.sub('…', why)}"] += 1
                return None
            patches = prepare([Edit(self.site, "x", wave)], {self.site.file: text})
            after = patches[0].after if patches else text
            self.tally.counts[name] += 1
            for wrong in differences(text, after, self.site, wave):
                self.fail(text, f"{name}: {wrong}")
        except Exception as error:  # whatever it is, the campaign goes on
            self.fail(text, f"{name}: {type(error).__name__}: {error}")
            return None
        return after

    def fail(self, text: str, what: str) -> None:
        site = self.site
        where = ".".join(map(str, (site.document, *site.path, *site.inner)))
        self.tally.failures.append(f"{site.file}: {where}: {what}")
        self.tally.counts["failures"] += 1


def round_trip(text: str) -> str:
    """What ruamel.yaml makes of a file that it reads and writes: `same`, `other` or `error`."""
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 1_000_000
    out = StringIO()
    try:
        yaml.dump_all(list(yaml.load_all(text)), out)
    except Exception:
        return "error"
    return "same" if out.getvalue() == text else "other"


def table(rows: Iterable[tuple[str, Counter[str]]]) -> str:
    lines: list[tuple[str, ...]] = [("", *COLUMNS)]
    lines += [(name, *(f"{counts[column]:,}" for column in COLUMNS)) for name, counts in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if not number else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("directories", nargs="+", metavar="DIR", type=File)
    parser.add_argument("--seed", type=int, default=0, help="of what is drawn")
    parser.add_argument("--most", type=int, default=10**9, help="places to draw of one file")
    parser.add_argument("--sample", type=int, default=1000, help="files for ruamel.yaml to print")
    parser.add_argument("--maps", action="store_true", help="every map is a place")
    parser.add_argument("--render", action="store_true", help="find places with helm and kustomize")
    options = parser.parse_args(arguments)
    draw = random.Random(options.seed)

    tallies: dict[str, Tally] = {}
    seen: set[int] = set()
    plain: list[str] = []
    for directory in options.directories:
        tally = tallies[str(directory)] = Tally()
        found = {} if options.maps else found_by_wavefix(directory, options.render)
        for file, text in texts(directory, seen):
            tally.counts["files"] += 1
            sites = sites_of(file, text, tally, options.maps)
            more = found.get(str(File(file).resolve()), ())
            sites = list({_place(site): site for site in (*more, *sites)}.values())
            tally.counts["places"] += len(sites)
            if sites and file.endswith("l") and sites[0].mechanism != "chart-template":
                plain.append(text)
            for site in draw.sample(sites, min(options.most, len(sites))):
                Trial(tally, site).run(text)
        print(directory, tally.counts["places"], len(tally.failures), file=sys.stderr)

    total = Tally()
    for tally in tallies.values():
        total.counts += tally.counts
        total.refusals += tally.refusals
        total.failures += tally.failures
    print(
        table([*((name, tally.counts) for name, tally in tallies.items()), ("all", total.counts)])
    )
    print(
        "\nrefused:",
        *(f"{count:8,}  {why}" for why, count in total.refusals.most_common()),
        sep="\n",
    )
    print("\nfailures:", *total.failures, sep="\n")
    sample = draw.sample(plain, min(options.sample, len(plain)))
    trips = Counter(map(round_trip, sample))
    print(f"\nruamel.yaml prints {trips['same']:,} of {len(sample):,} files as they were")
    return int(bool(total.failures))


if __name__ == "__main__":
    sys.exit(main())
