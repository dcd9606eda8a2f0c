#!/usr/bin/env bash
# Checks style, format and types, after setting up if needed:
#
#     bash scripts/run_linters.sh
set -euo pipefail

self=$(readlink -f "$0" 2>/dev/null || echo "$0") # macOS before 12.3 has no -f: no symlinks to it there
# shellcheck source=scripts/setup.sh
. "$(dirname "$self")/setup.sh"

use_python requirements.txt tests/requirements.txt
cd "$root"
"$python" -m ruff check
"$python" -m ruff format --check
"$python" -m mypy
