#!/usr/bin/env bash
# Sees whether ms_gan works on this machine's device, after setting up if needed: trains, resumes and generates
# for a moment, without a network, and writes device-report.txt. The same as `python -m ms_gan.tools.check_device`.
#
#     bash scripts/check_device.sh
#     bash scripts/check_device.sh --device Ascend --device-id 1 --out report.txt
set -euo pipefail

self=$(readlink -f "$0" 2>/dev/null || echo "$0") # macOS before 12.3 has no -f: no symlinks to it there
# shellcheck source=scripts/setup.sh
. "$(dirname "$self")/setup.sh"

use_python requirements.txt
export PYTHONPATH="$root${PYTHONPATH:+:$PYTHONPATH}"
exec "$python" -m ms_gan.tools.check_device "$@"
