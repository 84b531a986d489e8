#!/bin/sh
# Verifiers from npm, for the tests alone: exactly what tests/node/package-lock.json names, from the registry that npm is
# set to. Where node is absent or the registry out of reach, the tests that ask them skip and say so.
set -eu
cd "$(dirname "$0")/../tests/node"
if [ node_modules/.package-lock.json -nt package-lock.json ]; then exit 0; fi
if ! command -v npm >/dev/null 2>&1; then
    echo "No node on this machine: verifiers from npm will not be asked." >&2
    exit 0
fi
npm ci --ignore-scripts --no-audit --no-fund --silent || echo "npm could not install the verifiers of tests/node." >&2
