"""Charts and operators that a component installs, recognised by what everybody calls them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from wavefix.argocd import HELM_RELEASE
from wavefix.catalogue import ProviderText
from wavefix.durations import APPLICATION
from wavefix.infer.helmcli import applied, installations
from wavefix.infer.kinds import ONCE, TRANSIENT
from wavefix.infer.scene import Ref, Scene, items
from wavefix.infer.scripts import scripts
from wavefix.model import Chart, Resource
from wavefix.yamlio import get

SUBSCRIPTION = "Subscription.operators.coreos.com"
# Objects that have another controller install a chart: where they name the chart, and its home.
_CROSSPLANE = "Provider.pkg.crossplane.io"
_FLUX, _K3S = "HelmRelease.helm.toolkit.fluxcd.io", "HelmChart.helm.cattle.io"
_MOST_STEPS = 16  # of the path of an image
_TAG = re.compile(r"(?::[^/:@]*)?(?:@.*)?\Z", re.DOTALL)


class Installed(NamedTuple):
    """A provider, and the resource that stands for it.

    `whole`: all that it brings comes with that resource; else it is one workload among manifests.
    """

    provider: ProviderText
    resource: Resource
    release: str
    namespace: str
    chart: str
    whole: bool


def installed(scene: Scene) -> Iterator[Installed]:
    """Every provider that is installed in a component."""
    providers = scene.catalogue.providers
    if not providers:
        return
    charts = _index((name, item) for item in providers for name in item.charts)
    for resource, release, namespace, chart in _charts(scene):
        for provider in charts.get(chart.name, ()):
            if _from(provider, chart.repo):
                yield Installed(provider, resource, release, namespace, chart.name, True)
    packages = _index((name, item) for item in providers for name in item.packages)
    for resource in scene.of_kind(SUBSCRIPTION):
        for provider in packages.get(str(get(resource.body, "spec", "name")), ()):
            yield Installed(provider, resource, "", resource.namespace, "", True)
    images = _index((name, item) for item in providers for name in item.images)
    for resource in scene.of_kind(_CROSSPLANE):
        package = str(get(resource.body, "spec", "package") or "")
        for provider in _of_image(images, _TAG.sub("", package)):
            yield Installed(provider, resource, "", resource.namespace, "", True)
    repos = [(part, item) for item in providers for part in item.repos if part.count("/") >= 2]
    for resource in scene.of_kind(APPLICATION):
        for repo in _repositories(resource):
            where = str(get(resource.body, "spec", "destination", "namespace") or "")
            for provider in {item.id: item for part, item in repos if part in repo}.values():
                yield Installed(provider, resource, "", where, "", True)
    for resource in scene.workloads():
        for script in scripts(scene, resource) if resource.kind in ONCE else ():
            for found in installations(script.text):
                for provider in charts.get(found.chart, ()):
                    if _from(provider, found.repo):
                        where = found.namespace or resource.namespace
                        yield Installed(provider, resource, found.release, where, found.chart, True)
            for url in applied(script.text):
                for provider in {item.id: item for part, item in repos if part in url}.values():
                    yield Installed(provider, resource, "", resource.namespace, "", True)
        if resource.kind in TRANSIENT:
            continue  # it uses the image, it does not run what the image is for
        seen = [item for image in _images(scene, resource) for item in _of_image(images, image)]
        for provider in {item.id: item for item in seen}.values():
            yield Installed(provider, resource, "", resource.namespace, "", False)


def _index(pairs: Iterable[tuple[str, ProviderText]]) -> dict[str, list[ProviderText]]:
    out: dict[str, list[ProviderText]] = {}
    for name, provider in pairs:
        out.setdefault(name, []).append(provider)
    return out


def _from(provider: ProviderText, repo: str) -> bool:
    """Whether a chart of its name is the provider's; a chart without a URL is taken at its word."""
    return not provider.repos or not repo or any(part in repo for part in provider.repos)


def _charts(scene: Scene) -> Iterator[tuple[Resource, str, str, Chart]]:
    """The charts of a component: what installs each, as which release, in which namespace."""
    for resource in scene.of_kind(HELM_RELEASE):
        for chart in resource.charts:
            yield resource, resource.name, resource.namespace, chart
    for resource in scene.of_kind(_FLUX):
        release = str(get(resource.body, "spec", "releaseName") or resource.name)
        where = str(get(resource.body, "spec", "targetNamespace") or resource.namespace)
        yield resource, release, where, _flux_chart(scene, resource)
    for resource in scene.of_kind(_K3S):
        name, repo = (str(get(resource.body, "spec", key) or "") for key in ("chart", "repo"))
        where = str(get(resource.body, "spec", "targetNamespace") or resource.namespace)
        yield resource, resource.name, where, Chart(name.rpartition("/")[2], repo)


def _flux_chart(scene: Scene, resource: Resource) -> Chart:
    """The chart of a Flux HelmRelease: by name in a repository, or as an artifact of its own."""
    spec = get(resource.body, "spec", "chart", "spec")
    reference = get(spec, "sourceRef") or get(resource.body, "spec", "chartRef")
    kind = f"{get(reference, 'kind')}.source.toolkit.fluxcd.io"
    namespace = scene.namespace(resource, get(reference, "namespace"), kind)
    source = scene.find(Ref(kind, namespace, str(get(reference, "name"))), resource)
    url = str(get(source.body, "spec", "url") or "") if source is not None else ""
    name = str(get(spec, "chart") or url.rstrip("/").rpartition("/")[2])
    return Chart(name.rpartition("/")[2], url)


def _repositories(application: Resource) -> Iterator[str]:
    """The repositories of an Application's sources that are no charts."""
    spec = get(application.body, "spec")
    several = get(spec, "sources")
    for source in several if isinstance(several, list) and several else [get(spec, "source")]:
        if source is not None and not get(source, "chart"):
            yield f"{str(get(source, 'repoURL') or '').removesuffix('.git')}/"


def _images(scene: Scene, workload: Resource) -> Iterator[str]:
    """The images of a workload, without registry and tag."""
    for container in items(scene.pod_spec(workload), "containers"):
        image = get(container, "image")
        if isinstance(image, str):
            yield _TAG.sub("", image)


def _of_image(images: dict[str, list[ProviderText]], image: str) -> Iterator[ProviderText]:
    """The providers of an image: by its whole path, or that path below a registry or mirror."""
    parts = image.split("/")[-_MOST_STEPS:]
    for start in range(len(parts)):
        yield from images.get("/".join(parts[start:]), ())


def placeholders(found: Installed, text: str) -> str:
    """A text of the catalogue with the names of the release in it."""
    text = text.replace("$(release)", found.release)
    return text.replace("$(fullname)", _fullname(found)) if "$(fullname)" in text else text


def _fullname(found: Installed) -> str:
    """What charts call their objects, as `helm create` writes it: _helpers.tpl, `fullname`."""
    values: dict[Any, Any] = {value.path: value.value for value in found.resource.values}
    own = [chart.name for chart in found.resource.charts[:1]] == [found.chart]
    below = () if own and not found.resource.subchart else (found.chart,)
    if override := values.get((*below, "fullnameOverride")):
        return str(override)
    chart = str(values.get((*below, "nameOverride")) or found.chart)
    return found.release if chart in found.release else f"{found.release}-{chart}"
