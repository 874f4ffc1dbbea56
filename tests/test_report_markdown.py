"""The Markdown of a pull request: what it says, and that no manifest can add markup to it."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt
from test_report_samples import (
    API,
    EDGES,
    LIMITS,
    component,
    edge,
    patch,
    placement,
    portal,
    resource,
    review,
)

from wavefix.model import External, Finding, Outcome, Run, Seconds, Step
from wavefix.report import diff, markdown
from wavefix.report.markup import code, message, prose


def test_the_description_in_full() -> None:
    document = re.sub(r"```mermaid\n.*?```", "```mermaid```", markdown(portal()), flags=re.DOTALL)
    assert (
        document
        == f"""\
## wavefix (conservative): 3 waves change in 3 files

| component | Applications | resources | moves | waves | broken | predicted time if nothing fails |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
| portal | 1 | 6 | 3 | 4 → 3 | 3 → 1 | 11m45s → 7m45s |

Broken: pairs of which one is applied before, or beside, what it needs first.

1 more component: nothing to move, and nothing wrong.

### portal

| resource | wave | why | where |
| --- | ---: | --- | --- |
| `ServiceAccount/portal/eso` | none&nbsp;→&nbsp;-2 | before \
SecretStore.external-secrets.io/portal/vault, which needs it ready | `portal/eso.yaml:5` |
| `LimitRange/portal/limits` | 1&nbsp;→&nbsp;-1 | before Deployment.apps/portal/api, \
whose pods it limits | `portal/limits.yaml:5` |
| `StatefulSet.apps/portal/db` | 1&nbsp;→&nbsp;0 | Deployment.apps/portal/api needs it ready \
| `portal/db.yaml:14` |

#### The waves, before and after

Yellow moves. An arrow points at what is needed: red comes too late, green now in time.

Before:

```mermaid```

After:

```mermaid```

#### Risks, and what was checked

**A Secret that is not there yet**

- **open**: 1 Secret that nothing in sight makes, to be in the cluster before the sync:
  - `Secret/portal/tls`: read by Deployment.apps/portal/api

**Limits that come too late**

- **held**: LimitRange/portal/limits: too late today for the one resource that starts pods under \
it, in time for all with this change

**Pods that restart, Jobs that run again**

- **held**: 3 resources: only annotations of the object itself change, no pod restarts

**What is deleted, and when**

- **held**: a prune, which runs the waves backwards, deletes these after what needs them, and \
today before it:
  - `LimitRange/portal/limits`: needed by Deployment.apps/portal/api
  - `ServiceAccount/portal/eso`: needed by SecretStore.external-secrets.io/portal/vault

#### Could not be done, or needs a look

**warning WF001**: A sync wave stands where Argo CD never reads it: on a pod template.

- `portal/api.yaml:9`: a sync wave on a pod template is never read; set it in metadata.annotations

<details>
<summary>1 note</summary>

**note WF009**: Resources that cannot move make an order impossible.

- `portal/kustomization.yaml`: the chart cannot be rendered

</details>

<details>
<summary>How to verify: 7 commands</summary>

Before the merge:

```sh
# nothing in sight makes these
kubectl -n portal get secret/tls
```

After the sync:

```sh
# limits: what they say, and what pods got
kubectl -n portal describe limitrange/limits
kubectl -n portal get pods -o 'custom-columns=POD:.metadata.name,CREATED:.metadata.\
creationTimestamp,LIMITS:.spec.containers[*].resources.limits'
# what moved and what needs it, in the order of the waves
kubectl -n portal wait --for=condition=Ready --timeout=5m secretstore.external-secrets.io/vault
kubectl -n portal rollout status --timeout=10m statefulset.apps/db
kubectl -n portal rollout status --timeout=10m deployment.apps/api
# the order in which they were created
kubectl -n portal get serviceaccount/eso limitrange/limits \
secretstore.external-secrets.io/vault statefulset.apps/db deployment.apps/api \
--sort-by=.metadata.creationTimestamp -o \
custom-columns=CREATED:.metadata.creationTimestamp,KIND:.kind,NAME:.metadata.name
```

</details>

### Elsewhere

#### Could not be done, or needs a look

**error WF100**

- no such file; check the path

<details>
<summary>Diff</summary>

```diff
{diff(portal())}```

</details>
"""
    )


def test_a_review_of_nothing_says_so_in_a_line() -> None:
    idle = component((placement(resource("Job.batch/p/x", 1), 1),), name="idle")
    assert markdown(review(idle, idle)) == (
        "## wavefix (conservative): nothing to change\n\n"
        "2 components: nothing to move, and nothing wrong.\n"
    )
    assert markdown(review()) == "## wavefix (conservative): nothing to change\n"


def test_where_all_is_well_the_risks_fold_up() -> None:
    moved = component((placement(resource("ConfigMap/p/x", 1), 0),))
    document = markdown(review(moved))
    assert "#### Risks" not in document
    assert "\n<summary>1 risk checked, none open</summary>\n\n**Pods that restart" in document


def test_a_picture_folds_up_where_it_is_large_or_shows_no_need() -> None:
    summary = "<summary>The waves, before and after</summary>"
    few = component((placement(LIMITS, -1), placement(API, 0)), edges=EDGES[1:2])
    assert summary not in markdown(review(few))
    assert "#### The waves, before and after" in markdown(review(few))
    assert summary in markdown(review(component((placement(LIMITS, -1), placement(API, 0)))))
    crowd = tuple(placement(resource(f"ConfigMap/portal/x{n}", 0), 0) for n in range(59))
    assert summary in markdown(review(replace(few, graph=replace(
        few.graph, resources=(*few.graph.resources, *(item.resource for item in crowd))
    ), plan=replace(few.plan, placements=(*few.plan.placements, *crowd)))))  # fmt: skip


def test_many_moves_fold_up() -> None:
    part = component(
        tuple(placement(resource(f"ConfigMap/p/x{n}", 1), 0) for n in range(21)), name="many"
    )
    assert "\n### many\n\n<details>\n<summary>21 moves</summary>\n" in markdown(review(part))


def found(*findings: Finding) -> str:
    """What the review says of findings."""
    return markdown(review(findings=findings)).partition("needs a look\n\n")[2]


def test_findings_of_a_code_say_once_what_it_means_and_what_to_do() -> None:
    text = "is late (so; so); move it"
    late = [Finding("WF003", "error", f"{name} {text}", f"/repo/{name}", 1) for name in "ab"]
    patch = Finding("WF008", "warning", "x needs one; add this:\na: b", "/repo/c", 1)
    assert found(patch, *late) == (
        "**error WF003**: A quota, limit or policy comes after the pods that it should hold for.\n"
        "\n- `a:1`: a is late (so; so)\n- `b:1`: b is late (so; so)\n\nTo do: move it.\n\n"
        "**warning WF008**: A release or a chart's object needs a wave that nothing in its sources "
        "can carry.\n\n- `c:1`: x needs one; add this:\n  ```\n  a: b\n  ```\n"
    )


@pytest.mark.parametrize(
    "messages",
    [
        ("a; mend it", "b; leave it"),  # not the same
        ("a (x; y)", "b (x; y)"),  # no advice
        ("a; mend it:\nx", "b; mend it:\nx"),  # goes on below
    ],
)
def test_what_to_do_stays_where_it_is_said(messages: tuple[str, str]) -> None:
    document = found(*(Finding("WF002", "error", one, f"/repo/{one[0]}") for one in messages))
    assert "To do" not in document
    for one in messages:
        assert one.partition("\n")[0] in document


EVIL = (
    "a|b `c` \\|d <img src=x> &amp; *e* [f](g) _h_ ~~i~~ \x1b $k$ @octocat a@b.example #1 GH-2 "
    "o/r#3 https://e.example www.e.example &#64;f &#35;4"
)


def cells(document: str) -> list[list[str]]:
    """The text of each table row as a reader of the rendered page sees it."""
    page = MarkdownIt("commonmark", {"html": True}).enable("table").render(document)
    rows = re.findall(r"<tr>(.*?)</tr>", page, re.S)
    return [
        [
            html.unescape(re.sub(r"</?(?:code|span)>", "", cell))
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)
        ]
        for row in rows
    ]


def runs(document: str) -> list[str]:
    """Every run of text outside of code, in which GitHub would look for what to link."""
    out = [""]
    for token in MarkdownIt("commonmark", {"html": True}).enable("table").parse(document):
        out.append("")
        code = 0
        for child in token.children or ():
            if child.type == "text" and not code:
                out[-1] += child.content
            else:
                code += {"<code>": 1, "</code>": -1}.get(child.content, 0)
                out.append("")
    return out


# docs.github.com: "Autolinked references and URLs", "Mentioning people and teams"
LINKED = re.compile(r"@\w|#\d|\bGH-\d|://|\bwww\.", re.IGNORECASE)


def test_nothing_in_a_manifest_mentions_or_links_anything() -> None:
    moved = resource(f"ConfigMap/p/{EVIL}", 1, file=f"p/{EVIL}.yaml")
    other = resource(f"Job.batch/q/{EVIL}", 0, application=EVIL)
    part = component(
        (
            placement(moved, 1),
            placement(other, 0),
            placement(replace(moved, id="Secret/p/x"), 0, EVIL),
        ),
        name=EVIL,
        edges=(edge(other, moved), edge(other, moved, "before")),
        externals=(External(other.key, "Secret", EVIL, EVIL, "", 0, ""),),
    )
    finding = Finding("WF002", "error", EVIL, f"/repo/{EVIL}", 1)
    document = markdown(review(part, findings=(finding, replace(finding, severity="note"))))
    assert "octocat" in document
    assert [run for run in runs(document) if LINKED.search(run)] == []
    page = MarkdownIt("commonmark", {"html": True}).enable("table").render(document)
    assert "<img" not in page


@pytest.mark.parametrize("text", ["@octocat", "x@y.example", "#1", "GH-1", "http://x", "www.x"])
def test_the_check_above_sees_each(text: str) -> None:
    assert any(LINKED.search(run) for run in runs(f"- so {text}"))
    for safe in (prose(text), code(text), code(f"|{text}")):
        assert not any(LINKED.search(run) for run in runs(f"- so {safe}"))


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("set `a: <b>` in it", "set `a: <b>` in it"),
        ("set `a|b`", "set <code>a&#124;b</code>"),
        ("one ` alone", r"one \` alone"),
        ("<i> `x` *y*", r"&lt;i&gt; `x` \*y\*"),
    ],
)
def test_a_message_has_code(text: str, markdown: str) -> None:
    assert message(text) == markdown


def test_cells_read_as_the_text_whatever_is_in_it() -> None:
    moved = resource(f"ConfigMap/p/{EVIL}", 1, file="p/a b.yaml")
    part = component((placement(moved, -1, EVIL + "\nx"),), name=EVIL)
    document = markdown(review(part))
    rows = cells(document)
    assert {len(row) for row in rows[:2]} == {7}
    seen = EVIL.replace("\x1b", "\\x1b")
    assert rows[1][0] == seen
    assert rows[3] == [f"ConfigMap/p/{seen}", "1\xa0→\xa0-1", f"{seen} x", "p/a b.yaml:1"]


@pytest.mark.parametrize(
    ("before", "after", "cell"),
    [
        (("succeeded", 1), ("succeeded", 1), "6m00s → 2m00s"),
        (("stuck", 1), ("succeeded", 2), "stuck → 2m00s (needs retries)"),
        (("failed", 11), ("failed", 11), "fails"),
    ],
)
def test_a_time_is_told_for_no_sync_that_never_ends(
    before: tuple[Outcome, int], after: tuple[Outcome, int], cell: str
) -> None:
    ran = [
        Run(1, outcome, (Step("portal", "Sync", 0, 0, 1, (), outcome, attempt=attempt),))
        for outcome, attempt in (before, after)
    ]
    moved = placement(resource("ConfigMap/p/x", 1), 0)
    part = component((moved,), seconds=Seconds(360, 120, 1), runs=(ran[0], ran[1]))
    assert cells(markdown(review(part)))[1][-1] == cell


def test_messages_are_text_and_the_patch_they_show_a_block() -> None:
    finding = Finding("WF005", "warning", f"{EVIL}; set\na: <b>\n  ```: c\n- d")
    page = MarkdownIt("commonmark", {"html": True}).render(markdown(review(findings=(finding,))))
    assert "<code>c</code> \\|d &lt;img src=x&gt; &amp;amp; *e* [f](g) _h_ ~~i~~ \\x1b $k$ " in page
    assert "<span>#</span>35;4; set<pre>" in page
    assert "<pre><code>a: &lt;b&gt;\n  ```: c\n- d\n</code></pre>" in page


def test_the_fence_is_longer_than_any_in_the_diff() -> None:
    moved = resource("ConfigMap/p/x", 1)
    run = review(patches=(patch(moved, "a: |\n  ````\r\n", "b: |\n  ````\r\n", "1"),))
    document = markdown(run)
    assert "\n`````diff\ndiff --git " in document
    assert "\n   ````\\r\n`````\n\n</details>\n" in document
