#!/usr/bin/env bash
# Installs what the tests of the report's page need beside Python: Debian's chromium and chromium-driver.
# Where that can't be had it says so in one line, and those tests are skipped.
set -euo pipefail

note() { echo "ms_gan: $*" >&2; }

if command -v chromium >/dev/null && command -v chromedriver >/dev/null; then exit; fi
if ! command -v apt-get >/dev/null; then
    note "leaving out chromium: there is no apt-get; the tests of pages in a browser will be skipped"
elif [ "$(id -u)" != 0 ]; then
    note "leaving out chromium: apt-get needs root; the tests of pages in a browser will be skipped"
elif ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
    chromium chromium-driver; } >/dev/null 2>&1; then
    note "leaving out chromium: apt-get could not install it; the tests of pages in a browser will be skipped"
fi
