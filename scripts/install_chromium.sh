#!/bin/sh
# Browser tests use Debian's Chromium. Root installs it; anyone else is told, and the tests skip loudly.
set -eu
if command -v chromium >/dev/null 2>&1; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    log=$(mktemp)
    if { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium; } >"$log" 2>&1; then
        rm -f "$log"
        exit 0
    fi
    echo "chromium could not be installed:" >&2
    tail -n 5 "$log" >&2
    rm -f "$log"
fi
echo "No chromium on this machine: browser tests will be skipped (they fail with DECILE_REQUIRE_BROWSER=1)." >&2
