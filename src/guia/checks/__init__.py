"""Rules that keep the house in order: one file per rule, run by `python -m guia.checks`.

A rule is a module with `check(root) -> Iterator[Finding]`. One that keeps a generated page in step also has
`PAGE`, its path, and `page(root)`, its text; `python -m guia.checks --write` writes those pages.
"""
