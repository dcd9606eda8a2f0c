#!/usr/bin/env bash
# Tries ms_gan on every MindSpore that it is made for, and writes docs/versions.md:
#
#     bash scripts/test_versions.sh                          # all of them
#     bash scripts/test_versions.sh 2.9.0 2.10.0-py3.12      # some
#     bash scripts/test_versions.sh --suite 2.0.0            # runs the tests there, too (slow)
#     bash scripts/test_versions.sh 2.0.0 -- tests/layers    # runs some of the tests, with pytest's options
#
# Each has an environment in .versions (MS_GAN_VERSIONS=FOLDER names another place), made once, by pip. Its
# Python is python3.9, python3.11 or python3.12 on PATH, or the one that MS_GAN_PYTHON names; a version whose
# Python isn't there is left out. What was found stays in docs/versions/, so that versions can be tried one at a
# time. The status is 1 if something that is there doesn't work.
set -euo pipefail

self=$(readlink -f "$0" 2>/dev/null || echo "$0") # macOS before 12.3 has no -f: no symlinks to it there
# shellcheck source=scripts/setup.sh
. "$(dirname "$self")/setup.sh"

every=(2.0.0-py3.9 2.7.2-py3.11 2.8.0-py3.11 2.9.0-py3.11 2.10.0-py3.11 2.10.0-py3.12)
environments=${MS_GAN_VERSIONS:-$root/.versions}
mkdir -p "$environments"
environments=$(CDPATH='' cd "$environments" && pwd -P)
results=$root/docs/versions
probe=$root/tests/versions/probe.py
named_python=${MS_GAN_PYTHON:-}

usage() { note "$*"; exit 2; }

# choose WORD: adds to `chosen` the versions that a word of the command line names.
choose() {
    local name before=${#chosen[@]}
    for name in "${every[@]}"; do
        if [ "$1" = "$name" ] || [ "$1" = "${name%-py*}" ]; then chosen+=("$name"); fi
    done
    if [ ${#chosen[@]} != "$before" ]; then return; fi
    case $1 in
        [0-9]*.*-py3.*) chosen+=("$1") ;; # any other, to try it out
        *) usage "$1 is none of ${every[*]}; write another one as VERSION-pyX.Y" ;;
    esac
}

# prepare NAME: makes its environment, or brings it up to date, and sets $python. Says why where it can't.
prepare() {
    local wanted=${1#*-py} candidate base=
    for candidate in $named_python "python$wanted"; do
        case $(version_of "$candidate") in "$wanted".*) base=$(command -v "$candidate"); break ;; esac
    done
    if [ -z "$base" ]; then
        missing="no Python $wanted on PATH"
        return 1
    fi
    local venv=$environments/$1 stamp=$environments/$1/installed-requirements.txt
    {
        echo "mindspore==${1%-py*}"
        # 2.0.0 uses Image.ANTIALIAS, which pillow 10 removed.
        case $1 in 2.0.*) echo "pillow<10" ;; esac
    } >"$environments/$1.txt"
    # A relative path: pip splits the variable at spaces.
    if ! (cd "$environments" && MS_GAN_PYTHON=$base PIP_CONSTRAINT=$1.txt make_venv tests/requirements.txt); then
        missing="pip could not install it"
        return 1
    fi
    python=$venv/bin/python
}

chosen=() suite=()
while [ $# -gt 0 ]; do
    case $1 in
        --suite) suite=(tests) ;;
        --) shift; suite=("$@"); break ;;
        -*) usage "no option $1; expected [--suite] [VERSION ...] [-- PYTEST'S ARGUMENTS]" ;;
        *) choose "$1" ;;
    esac
    shift
done
if [ ${#chosen[@]} = 0 ]; then chosen=("${every[@]}"); fi

find_python || exit 1 # which also keeps a Python that does not run from ending the script
any=$found # for what needs no MindSpore
for name in "${chosen[@]}"; do
    if prepare "$name"; then
        "$python" "$probe" make "$name" "$environments/$name/made" "$results/$name.json"
        if [ ${#suite[@]} != 0 ]; then "$python" "$probe" suite "$results/$name.json" "${suite[@]}"; fi
    else
        note "leaving out $name: $missing"
        "$any" "$probe" skip "$name" "$results/$name.json" "$missing"
    fi
done

# Every version that is there reads what each has made, also those that were tried at another time.
for folder in "$environments"/*/made; do
    reader=$(dirname "$folder")
    if [ ! -x "$reader/bin/python" ]; then continue; fi
    "$reader/bin/python" "$probe" read "$results/${reader##*/}.json" "$environments"/*/made
done
"$any" "$root/tests/versions/page.py" "$results" "$root/docs/versions.md"
