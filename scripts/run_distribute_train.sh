#!/usr/bin/env bash
# Trains on several devices: the same as `python -m ms_gan.launch`, after setting up if needed.
#
#     bash scripts/run_distribute_train.sh 8 faces
#     bash scripts/run_distribute_train.sh 16 faces --nodes 2 --node-rank 0 --master-addr A --master-port P
#     bash scripts/run_distribute_train.sh 2 faces --device CPU --steps 20
set -euo pipefail

self=$(readlink -f "$0" 2>/dev/null || echo "$0") # macOS before 12.3 has no -f: no symlinks to it there
# shellcheck source=scripts/setup.sh
. "$(dirname "$self")/setup.sh"

use_python requirements.txt
export PYTHONPATH="$root${PYTHONPATH:+:$PYTHONPATH}"
exec "$python" -m ms_gan.launch "$@"
