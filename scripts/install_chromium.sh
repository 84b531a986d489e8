#!/bin/sh
# Browser tests use Debian's Chromium, and its engine alone to look at hundreds of pages. Root installs both; anyone
# else is told of a missing Chromium, and the tests skip loudly. Without the engine alone Chromium looks at all pages.
set -eu
have() { command -v "$1" >/dev/null 2>&1; }
if have chromium && have chromium-headless-shell; then exit 0; fi
if [ "$(id -u)" = 0 ] && have apt-get; then
    log=$(mktemp)
    for package in chromium chromium-headless-shell; do
        if have "$package"; then continue; fi
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$package"; } >"$log" 2>&1 || {
            echo "$package could not be installed:" >&2
            tail -n 5 "$log" >&2
        }
    done
    rm -f "$log"
fi
if have chromium; then exit 0; fi
echo "No chromium on this machine: browser tests will be skipped (they fail with DECILE_REQUIRE_BROWSER=1)." >&2
