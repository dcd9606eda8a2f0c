#!/usr/bin/env bash
# Runs the tests with any options of pytest, after setting up if needed:
#
#     bash scripts/run_tests.sh
#     bash scripts/run_tests.sh -k scripts -x
set -euo pipefail

self=$(readlink -f "$0" 2>/dev/null || echo "$0") # macOS before 12.3 has no -f: no symlinks to it there
# shellcheck source=scripts/setup.sh
. "$(dirname "$self")/setup.sh"

use_python requirements.txt tests/requirements.txt
cd "$root"
exec "$python" -m pytest "$@"
