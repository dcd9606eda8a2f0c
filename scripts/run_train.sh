#!/usr/bin/env bash
# Trains: the same as `python -m ms_gan.train` with the same options, after setting up if needed.
#
#     bash scripts/run_train.sh faces --data PATH --epochs 10
#     bash scripts/run_train.sh --list
set -euo pipefail

self=$(readlink -f "$0" 2>/dev/null || echo "$0") # macOS before 12.3 has no -f: no symlinks to it there
# shellcheck source=scripts/setup.sh
. "$(dirname "$self")/setup.sh"

use_python requirements.txt
export PYTHONPATH="$root${PYTHONPATH:+:$PYTHONPATH}"
exec "$python" -m ms_gan.train "$@"
