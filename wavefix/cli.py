"""The command line: options in, text and an exit status out."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from wavefix import __version__
from wavefix.commands import Commands
from wavefix.console import BAD_INPUT, CHANGES, OK, color, on_terminal, reported, say, show, tell
from wavefix.errors import InputError
from wavefix.options import (
    FixFormat,
    GraphFormat,
    Ignore,
    LintFormat,
    NoRender,
    Paths,
    Prefer,
    ProfileName,
    Pull,
    RemoveMoot,
    RulesFormat,
    Select,
    SimulateFormat,
    ways,
)
from wavefix.progress import progress

if TYPE_CHECKING:
    from wavefix.model import Finding, Profile, Review
    from wavefix.pipeline import Analysed, Result
    from wavefix.selection import Selection
    from wavefix.transaction import Transaction
    from wavefix.ways import Ways

# Held until the process ends, which is sooner than a large result could be taken apart.
_KEPT: list[object] = []


app = typer.Typer(
    cls=Commands,
    add_completion=True,
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode="markdown",
)


@app.callback(
    epilog="Without a command, `wavefix [PATH]...` is `wavefix fix [PATH]...`, as follows. "
    "A path that looks like a command goes after `--`."
)
def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", is_eager=True)
    ] = False,
) -> None:
    """Sync waves for Argo CD from the dependencies that manifests really have.

    Reads a GitOps repository, infers what depends on what, computes the waves that this needs, and
    rewrites the sync-wave annotations in place without disturbing another byte.
    """
    if version:
        print(f"wavefix {__version__}")
        raise typer.Exit(OK)


@app.command()
def fix(
    paths: Paths = None,
    profile: Annotated[
        ProfileName | None,
        typer.Option(
            help="conservative: repair what is broken, touch nothing else. aggressive: compute "
            "the fewest and fastest waves afresh. By default what .wavefix.yaml says, else "
            "conservative."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the review and the diff; write nothing.")
    ] = False,
    check: Annotated[
        bool,
        typer.Option("--check", help="As --dry-run, and exit 1 if anything would change (for CI)."),
    ] = False,
    rolling_sync: Annotated[
        bool,
        typer.Option(
            "--rolling-sync",
            help="Where Applications of one ApplicationSet need each other, write the steps of a "
            "rolling sync into it. Argo CD then switches their automated sync off.",
        ),
    ] = False,
    format: Annotated[FixFormat, typer.Option(help="How to print the review.")] = FixFormat.text,
    allow_dirty: Annotated[
        bool,
        typer.Option("--allow-dirty", help="Also rewrite files that have uncommitted changes."),
    ] = False,
    prefer: Prefer = None,
    remove_moot: RemoveMoot = False,
    pull: Pull = False,
    no_render: NoRender = False,
    select: Select = None,
    ignore: Ignore = None,
) -> None:
    """Plan the waves of every component and rewrite them in place (the default command).

    Exit status: 0 fine; 1 something would change and --check asks; 2 bad input or a refusal,
    nothing written.
    """
    from wavefix.selection import asked

    showing = dry_run or check
    with reported():
        with _begun(paths, not showing) as run:
            chosen = asked(select or (), ignore or ())
            how = ways(pull, no_render, prefer or (), remove_moot)
            runs = format is FixFormat.markdown
            result = _review(paths, profile, how, chosen, rolling_sync or None, runs)
            tell(result.errors)
            if run and not result.errors:
                _write(run, result.review, allow_dirty)
        if showing or not result.errors:
            show(_shown(result.review, format))
            if format is FixFormat.text:
                show(_last_line(result.review, showing))
        if result.errors:
            if not showing:
                print("nothing written", file=sys.stderr)
            raise typer.Exit(BAD_INPUT)
        if check and result.review.patches:
            raise typer.Exit(CHANGES)


@app.command()
def undo(
    paths: Paths = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be taken back; write nothing.")
    ] = False,
) -> None:
    """Take back the last run in the repositories of the paths, if its files are as it left them.

    A run that was stopped half-way is taken back instead, and nothing else.

    Exit status: 0 fine, or nothing to undo; 2 a file has changed since, nothing undone.
    """
    from wavefix import report, transaction

    with reported():
        with _begun(paths, not dry_run) as run:
            if run and run.halved:
                show("the run that was stopped half-way is taken back; nothing else was undone\n")
                return
            taken = run.undo() if run else transaction.planned(_roots(paths))
        show(report.patched(taken.patches, os.getcwd(), taken.roots))
        line = report.undone(taken.waves, taken.rolling_syncs, len(taken.patches), not dry_run)
        show(line + ("; nothing written (dry run)\n" if dry_run and taken.patches else "\n"))


@app.command()
def lint(
    paths: Paths = None,
    format: Annotated[LintFormat, typer.Option(help="How to print.")] = LintFormat.text,
    pull: Pull = False,
    no_render: NoRender = False,
    select: Select = None,
    ignore: Ignore = None,
) -> None:
    """Show the findings only: what is wrong with the waves as they are, and what would mend it.

    Exit status: 0 fine; 1 there are errors among the findings; 2 bad input.
    """
    from wavefix import pipeline
    from wavefix.selection import asked

    with reported(), _begun(paths):
        cwd = os.getcwd()
        chosen = asked(select or (), ignore or ())
        with progress() as told:
            findings, errors = pipeline.lint(
                paths or ["."], cwd, told, chosen, ways(pull, no_render)
            )
        tell(errors)
        show(_listed(findings, format, cwd))
        if errors:
            raise typer.Exit(BAD_INPUT)
        if any(finding.severity == "error" for finding in findings):
            raise typer.Exit(CHANGES)


@app.command()
def graph(
    paths: Paths = None,
    format: Annotated[GraphFormat, typer.Option(help="How to print.")] = GraphFormat.json,
    pull: Pull = False,
    no_render: NoRender = False,
) -> None:
    """Show what depends on what, with the evidence (json) or as a picture (dot, mermaid)."""
    from wavefix import report

    with reported(), _begun(paths):
        analysed, errors = _analyse(paths, ways(pull, no_render))
        tell(errors)
        graphs, cwd = [item.graph for item in analysed], os.getcwd()
        if format is GraphFormat.json:
            show(report.graph_json(graphs, cwd))
        elif format is GraphFormat.dot:
            show(report.graph_dot(graphs, cwd))
        else:
            show(report.graph_mermaid(graphs))
        if errors:
            raise typer.Exit(BAD_INPUT)


@app.command()
def explain(
    resource: Annotated[
        str, typer.Argument(help="An id (Deployment.apps/web/api), or any unambiguous part of one.")
    ],
    paths: Paths = None,
    profile: Annotated[ProfileName | None, typer.Option(help="Whose plan to explain.")] = None,
    pull: Pull = False,
    no_render: NoRender = False,
) -> None:
    """Show why a resource is where it is: its edges, the evidence, and its slack."""
    from wavefix import report
    from wavefix.explain import find

    with reported(), _begun(paths):
        result = _review(paths, profile, ways(pull, no_render))
        tell(result.errors)
        cwd = os.getcwd()
        for component, placement in find(result.review, resource):
            waves = {item.resource.key: item.planned for item in component.plan.placements}
            show(
                report.explain(
                    placement.resource, component.graph, placement, waves, placement.slack, cwd,
                    color(), component.component.applications,
                )
            )  # fmt: skip
        if result.errors:
            raise typer.Exit(BAD_INPUT)


@app.command()
def simulate(
    paths: Paths = None,
    profile: Annotated[ProfileName | None, typer.Option(help="Whose plan to run.")] = None,
    recorded: Annotated[
        list[str] | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="Learn durations from what `kubectl get applications`, `kubectl get "
            "events,pods,jobs -A` or `argocd app get` printed with `-o json`; `-` is standard "
            "input. May be repeated.",
        ),
    ] = None,
    format: Annotated[SimulateFormat, typer.Option(help="How to print.")] = SimulateFormat.text,
    pull: Pull = False,
    no_render: NoRender = False,
) -> None:
    """Show the sync as Argo CD would run it, before and after the plan; nothing is written."""
    from wavefix import pipeline, report

    chosen: Profile | None = profile.value if profile else None
    with reported(), _begun(paths):
        with progress() as told:
            done = pipeline.simulated(
                paths or ["."], os.getcwd(), chosen, told, recorded or (), ways(pull, no_render)
            )
        tell(done.errors)
        if format is SimulateFormat.json:
            show(report.runs_json(done.before, done.after, done.learned))
        else:
            show(report.timeline(done.before, done.after, color(), done.learned))
        if done.errors:
            raise typer.Exit(BAD_INPUT)


@app.command()
def rules(
    word: Annotated[
        str,
        typer.Argument(help="An ecosystem, a kind, a chart: show the rules about it, in full."),
    ] = "",
    format: Annotated[RulesFormat, typer.Option(help="How to print them.")] = RulesFormat.text,
) -> None:
    """List what is known: each ecosystem's rules, and the documents they were read from."""
    from wavefix import pipeline, report

    with reported():
        files = pipeline.known_rules(os.getcwd()).files
        if format is RulesFormat.json:
            show(report.rules_json(files))
            return
        text = report.rules_text(files, word, color())
        if not text:
            raise InputError(f"no rule about `{word}`", "`wavefix rules` lists the ecosystems")
        show(text)


def _roots(paths: list[str] | None) -> list[str]:
    from wavefix.discover import roots

    return roots(paths or ["."], os.getcwd())


@contextmanager
def _begun(paths: list[str] | None, writing: bool = False) -> Iterator[Transaction | None]:
    """What writes, with the repositories held; None where it is only told what is half-done."""
    from wavefix import transaction

    if writing:
        with transaction.begin(_roots(paths), say) as run:
            yield run
    else:
        transaction.unfinished(_roots(paths), say)
        yield None


def _listed(findings: Sequence[Finding], format: LintFormat, cwd: str) -> str:
    from wavefix import report

    if format is LintFormat.json:
        return report.findings_json(findings, cwd)
    if format is LintFormat.sarif:
        return report.findings_sarif(findings, cwd)
    if format is LintFormat.github:
        return report.findings_github(findings, cwd)
    return report.findings_text(findings, cwd, color())


def _review(
    paths: list[str] | None,
    profile: ProfileName | None,
    how: Ways,
    selection: Selection | None = None,
    rolling: bool | None = None,
    runs: bool = False,
) -> Result:
    from wavefix import pipeline

    chosen: Profile | None = profile.value if profile else None
    with progress() as told:
        result = pipeline.review(
            paths or ["."], os.getcwd(), chosen, told, selection, rolling, how, runs
        )
    _KEPT.append(result)
    return result


def _analyse(paths: list[str] | None, how: Ways) -> tuple[list[Analysed], tuple[InputError, ...]]:
    from wavefix import pipeline

    with progress() as told:
        return pipeline.analyse(paths or ["."], os.getcwd(), told, how)


def _write(run: Transaction, review: Review, allow_dirty: bool) -> None:
    """Write the patches: all or none."""
    from wavefix import patch

    if not allow_dirty:
        dirty = patch.dirty([item.file for item in review.patches])
        if dirty:
            names = ", ".join(os.path.relpath(file, review.cwd) for file in sorted(dirty)[:5])
            more = f" and {len(dirty) - 5} more" if len(dirty) > 5 else ""
            raise InputError(
                f"uncommitted changes in {names}{more}",
                "commit or stash them, or pass --allow-dirty; nothing written",
            )
    run.write(review.patches)


def _shown(review: Review, format: FixFormat) -> str:
    from wavefix import report

    if format is FixFormat.json:
        return report.json_report(review)
    if format is FixFormat.diff:
        return report.safe_diff(review) if on_terminal() else report.diff(review)
    if format is FixFormat.markdown:
        return report.markdown(review)
    return report.text(review, color())


def _last_line(review: Review, showing: bool) -> str:
    from wavefix import report

    line = report.summary(review)
    if not review.patches:
        return line + "\n"
    return line + ("; nothing written (dry run)\n" if showing else "; written\n")
