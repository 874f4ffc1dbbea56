"""The Markdown of a pull request: what it says, and that no manifest can add markup to it."""

from __future__ import annotations

import html
import re

from markdown_it import MarkdownIt
from test_report_samples import component, patch, placement, portal, resource, review

from wavefix.model import Finding
from wavefix.report import diff, markdown


def test_the_description_in_full() -> None:
    assert (
        markdown(portal())
        == f"""\
## wavefix (conservative): 3 waves change in 3 files

| component | Applications | resources | moves | waves | predicted time |
| --- | ---: | ---: | ---: | ---: | ---: |
| idle | 1 | 1 | 0 | 1 | 2s |
| portal | 1 | 6 | 3 | 4 → 3 | 11m45s → 7m45s |

### portal

| resource | wave | why | where |
| --- | ---: | --- | --- |
| `ServiceAccount/portal/eso` | none → -2 | before SecretStore.external-secrets.io/portal/vault, \
which needs it ready | `portal/eso.yaml:5` |
| `LimitRange/portal/limits` | 1 → -1 | before Deployment.apps/portal/api, whose pods it limits \
| `portal/limits.yaml:5` |
| `StatefulSet.apps/portal/db` | 1 → 0 | Deployment.apps/portal/api needs it ready \
| `portal/db.yaml:14` |

**Could not be done, or needs a look**

- **warning** WF001 `portal/api.yaml:9`: a sync wave on a pod template is never read; \
set it in metadata.annotations

**Notes**

- **note** WF009 `portal/kustomization.yaml`: the chart cannot be rendered

### Elsewhere

**Could not be done, or needs a look**

- **error** WF100: no such file; check the path

<details>
<summary>Diff</summary>

```diff
{diff(portal())}```

</details>
"""
    )


def test_nothing_to_change_has_no_diff() -> None:
    idle = component((placement(resource("Job.batch/p/x", 1), 1),), name="idle")
    document = markdown(review(idle))
    assert document.startswith("## wavefix (conservative): nothing to change\n")
    assert "<details>" not in document
    assert "###" not in document


EVIL = "a|b `c` \\|d <img src=x> &amp; *e* [f](g) _h_ ~~i~~ \x1b $k$"


def cells(document: str) -> list[list[str]]:
    """The text of each table row as a reader of the rendered page sees it."""
    page = MarkdownIt("commonmark", {"html": True}).enable("table").render(document)
    rows = re.findall(r"<tr>(.*?)</tr>", page, re.S)
    return [
        [
            html.unescape(re.sub(r"</?code>", "", cell))
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)
        ]
        for row in rows
    ]


def test_cells_read_as_the_text_whatever_is_in_it() -> None:
    moved = resource(f"ConfigMap/p/{EVIL}", 1, file="p/a b.yaml")
    part = component((placement(moved, -1, EVIL + "\nx"),), name=EVIL)
    rows = cells(markdown(review(part)))
    seen = EVIL.replace("\x1b", "\\x1b")
    assert rows[1][0] == seen
    assert rows[3] == [f"ConfigMap/p/{seen}", "1 → -1", f"{seen} x", "p/a b.yaml:1"]


def test_messages_are_text_and_the_patch_they_show_a_block() -> None:
    finding = Finding("WF005", "warning", f"{EVIL}; set\na: <b>\n  ```: c\n- d")
    page = MarkdownIt("commonmark", {"html": True}).render(markdown(review(findings=(finding,))))
    assert "&lt;img src=x&gt; &amp;amp; *e* [f](g) _h_ ~~i~~ \\x1b $k$; set" in page
    assert "<pre><code>a: &lt;b&gt;\n  ```: c\n- d\n</code></pre>" in page


def test_the_fence_is_longer_than_any_in_the_diff() -> None:
    moved = resource("ConfigMap/p/x", 1)
    run = review(patches=(patch(moved, "a: |\n  ````\r\n", "b: |\n  ````\r\n", "1"),))
    document = markdown(run)
    assert "\n`````diff\ndiff --git " in document
    assert "\n   ````\\r\n`````\n\n</details>\n" in document
