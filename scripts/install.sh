#!/bin/sh
# Installs Guia into ./.venv with all that `up`, `test` and `bench` need. Needs Python 3.11-3.13 with pip;
# asks only the package registries (PyPI, npm). Run again at any time: what is in place is left alone.
set -eu
cd "$(dirname "$0")/.."
. scripts/steps.sh

find_python() {
    for name in "${PYTHON:-}" python3 python3.13 python3.12 python3.11; do
        [ -n "$name" ] || continue
        "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null &&
            command -v "$name" && return 0
    done
    fail "no Python 3.11, 3.12 or 3.13 found: install one (Debian: apt-get install python3 python3-pip)," \
        "or name it: make install PYTHON=/path/to/python3"
}

install_uv() {
    [ -x .tools/bin/uv ] && return 0
    step "fetching uv, the package installer"
    "$1" -m pip install --quiet --disable-pip-version-check --root-user-action ignore \
        --target .tools --upgrade 'uv>=0.9,<1' ||
        fail "pip could not fetch uv from PyPI: check the network, then run this again"
}

# The lock names files on PyPI. A machine that reaches only a mirror has pip set up for it: pip then brings
# the same versions.
install_packages() {
    python=$1
    if [ -x .venv/bin/python ] && ! .venv/bin/python -c '' 2>/dev/null; then rm -rf .venv; fi
    [ -x .venv/bin/python ] || .tools/bin/uv venv --quiet --python "$python" .venv
    state=$(cat pyproject.toml uv.lock | stamp)
    [ "$(cat .venv/.installed 2>/dev/null)" = "$state" ] && [ -x .venv/bin/guia ] && return 0
    step "installing Python packages (about 1.9 GB; a few minutes on a slow line)"
    if ! .tools/bin/uv sync --quiet --frozen --all-extras --compile-bytecode --python .venv/bin/python; then
        step "uv could not install from the lock: trying pip with its own settings"
        .tools/bin/uv export --quiet --frozen --all-extras --no-hashes --no-emit-project >.tools/requirements.txt
        "$python" -m pip --python .venv/bin/python install --no-cache-dir -r .tools/requirements.txt hatchling editables
        "$python" -m pip --python .venv/bin/python install --no-build-isolation --no-deps -e .
    fi
    echo "$state" >.venv/.installed
}

# The simulator of the twin is built with its window, which links these libraries even where no window opens.
install_system_libraries() {
    .venv/bin/python -c 'import libsumo' >/dev/null 2>&1 && return 0
    libraries="libgl1 libx11-6 libxext6 libxrender1 libatomic1 libexpat1"
    step "adding the libraries that the twin's simulator links: $libraries"
    as_root apt-get update -qq && as_root apt-get install -y -qq --no-install-recommends $libraries >/dev/null ||
        step "they could not be added; the twin needs them: apt-get install $libraries"
}

warm_kernels() {
    state=$(find src/guia/engines -name '*.py' -exec cat {} + | stamp)
    [ "$(cat .venv/.warm 2>/dev/null)" = "$state" ] && return 0
    step "compiling the numeric kernels once"
    if .venv/bin/python -W ignore scripts/warm.py; then
        echo "$state" >.venv/.warm
    else
        step "they could not be compiled now; they will be when they are first used"
    fi
}

mkdir -p .tools
python=$(find_python)
install_uv "$python"
install_packages "$python"
install_system_libraries
PYTHON=$python sh scripts/console.sh
warm_kernels
rm -rf .tools/cache
step "installed: .venv/bin/guia ($(du -sh .venv | cut -f1))"
