"""No dependency of the core carries a copyleft licence; its metadata is read where it is installed."""

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from guia.checks.finding import Finding

COPYLEFT = re.compile(r"(?i)\b(A?GPL|LGPL|GNU|EPL|Eclipse|MPL|Mozilla|EUPL|CDDL|OSL|SSPL|CC-BY-SA)")
PERMISSIVE = re.compile(r"(?i)\b(MIT|BSD|Apache|ISC|PSF|Python Software|Unlicense|zlib|0BSD|HPND)")
EXCUSED = {
    "certifi": "MPL-2.0 covers its list of certificate authorities; it is used unchanged, as data",
}


def check(root: Path) -> Iterator[Finding]:
    """Core dependencies, with all that they need, whose licence is copyleft or unknown."""
    toml = root / "pyproject.toml"
    needed = tomllib.loads(toml.read_text("utf-8"))["project"]["dependencies"]
    for package in sorted(closure(needed), key=name_of):
        problem = objection(licence(package))
        if problem and name_of(package) not in EXCUSED:
            message = f"{name_of(package)} {package.version}: {problem}"
            yield Finding(toml, 1, message, "replace it, or make it an extra that the core does without")


def closure(requirements: list[str]) -> list[Distribution]:
    """The installed packages that `requirements` bring with them."""
    found: dict[str, Distribution] = {}
    waiting = [(Requirement(text), frozenset[str]()) for text in requirements]
    while waiting:
        requirement, extras = waiting.pop()
        environments = [{"extra": extra} for extra in extras or {""}]
        if requirement.marker and not any(requirement.marker.evaluate(e) for e in environments):
            continue
        name = canonicalize_name(requirement.name)
        if name in found:
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            continue
        asked = frozenset(requirement.extras)
        waiting += [(Requirement(text), asked) for text in found[name].requires or []]
    return list(found.values())


def licence(package: Distribution) -> str:
    """What the metadata says: SPDX expression, else classifiers, else the licence field's first line."""
    about = package.metadata
    expression = about.get("License-Expression")
    if expression:
        return str(expression)
    classifiers = (c for c in about.get_all("Classifier", []) if c.startswith("License ::"))
    classified = [c.rpartition("::")[2].strip() for c in classifiers]
    return " OR ".join(classified) or str(about.get("License") or "").strip().partition("\n")[0]


def objection(text: str) -> str:
    """Why a licence cannot be in the core; empty if it can. A choice counts as its most permissive member."""
    choices = re.split(r"\s+OR\s+", text)
    if any(PERMISSIVE.search(c) and not COPYLEFT.search(c) for c in choices):
        return ""
    if COPYLEFT.search(text):
        return f"copyleft licence {text}"
    return "" if text else "it states no licence"


def name_of(package: Distribution) -> str:
    """Canonical name of a package."""
    return canonicalize_name(package.metadata["Name"])
