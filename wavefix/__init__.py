"""wavefix: sync waves for Argo CD from the dependencies that manifests really have."""

__version__ = "0.1.0"
