"""The real helm and kustomize, where they are installed: run in a scratch directory, offline.

What goes in is a `Stage`, files held in memory; what comes out are objects, kept in the user's
cache by the content of everything that went in. Nothing of the repository is run: no plugin, no
exec function, no post-renderer.
"""

from wavefix.tools.binaries import Kit, kit
from wavefix.tools.process import ToolFailed
from wavefix.tools.rendered import Rendered
from wavefix.tools.stage import Stage
from wavefix.tools.together import together

__all__ = ["Kit", "Rendered", "Stage", "ToolFailed", "kit", "together"]
