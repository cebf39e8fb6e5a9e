"""`guia twin`: the simulated city that stands where a real one's sensors would."""

from guia.twin.__main__ import main as command

__all__ = ["command"]
