"""Compile every numeric kernel once: imports each engine and calls its `warm()` where it has one."""

import pkgutil
from importlib import import_module

import guia.engines

for module in pkgutil.walk_packages(guia.engines.__path__, "guia.engines."):
    warm = getattr(import_module(module.name), "warm", None)
    if warm is not None:
        warm()
