# shellcheck shell=bash disable=SC2034 # $python is for the scripts that source this file
# Finds, or makes, the Python that the other scripts run: they source this file and call use_python.
#
# The first of these that has everything required: an active virtual or conda environment, .venv in the
# repository's root, python3. If none has, .venv is made and the requirements are installed into it.
# MS_GAN_PYTHON=/path/to/python names the Python to make .venv with; then only .venv is considered.

root=$(CDPATH='' cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
venv=$root/.venv
stamp=$venv/installed-requirements.txt # written last, so an install that was cut short is repeated

note() { echo "ms_gan: $*" >&2; }
die() { note "$*"; exit 1; }

# use_python FILE...: sets $python to one that has the requirement files; the last includes the others.
use_python() {
    if [ -n "${VIRTUAL_ENV:-}${CONDA_PREFIX:-}" ] && may_use python "$@"; then
        python=python
    elif installed "$@"; then # before python3: this takes no time, and asking pip takes a second
        python=$venv/bin/python
    elif may_use python3 "$@"; then
        python=python3
    else
        make_venv "$@" || exit 1
        python=$venv/bin/python
    fi
}

version_of() { "$1" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null; }

supported() { # the versions that pyproject.toml names
    case $1 in 3.9.* | 3.1[0-2].*) ;; *) return 1 ;; esac
}

# pip can find nothing to install here (no index, no configuration), so it succeeds only if all is there.
# --root: without it, pip refuses to look at a Python that belongs to the operating system.
may_use() {
    [ -z "${MS_GAN_PYTHON:-}" ] && supported "$(version_of "$1")" &&
        PIP_CONFIG_FILE=/dev/null "$1" -m pip --isolated install --no-index --no-deps --root / \
            -r "$root/${!#}" >/dev/null 2>&1
}

wanted() {
    local file
    for file; do cat "$root/$file"; done
}

# The stamp may hold more than is wanted: having installed the tests' requirements serves training too.
installed() {
    [ -f "$stamp" ] && [[ "$(cat "$stamp")"$'\n' == "$(wanted "$@")"$'\n'* ]] && "$venv/bin/python" -c ''
} 2>/dev/null

make_venv() (
    if command -v flock >/dev/null && ! flock -n 9; then
        note "waiting for another script to set up ${venv#"$root"/}"
        flock 9
    fi
    if installed "$@"; then exit; fi # by that other script

    version=$(version_of "$venv/bin/python")
    if [ -z "$version" ]; then # there is none, or it no longer runs
        find_python
        note "making ${venv#"$root"/} with Python ${version%.*} and installing ${!#} (once; a few minutes)"
        "$found" -m venv --clear "$venv" >&2 || die "$found could not make .venv"
    elif supported "$version"; then
        note "installing ${!#} into ${venv#"$root"/}"
        # a .venv made by another tool, or in part, may have no pip
        "$venv/bin/python" -m pip --version >/dev/null 2>&1 || "$venv/bin/python" -m ensurepip >&2
    else
        die "Python 3.9 to 3.12 is needed, but $venv has Python $version; remove it to have it made anew"
    fi

    requirements=$(wanted "$@") # as they are now: they may be edited while pip runs
    if [ -t 2 ]; then output=--progress-bar=on; else output=--quiet; fi
    "$venv/bin/python" -m pip install --disable-pip-version-check "$output" -r "$root/${!#}" >&2 ||
        die "installing ${!#} into ${venv#"$root"/} failed; pip says why above"
    echo "$requirements" >"$stamp"
) 9<"$root/requirements.txt" # only to have something to lock

# Sets $found and $version to the newest suitable Python. Each is run: one on PATH need not work.
find_python() {
    local name seen=
    set -- python3.12 python3.11 python3.10 python3.9 python3 python
    if [ -n "${MS_GAN_PYTHON:-}" ]; then set -- "$MS_GAN_PYTHON"; fi
    for name; do
        found=$(command -v "$name") || continue
        version=$(version_of "$found")
        case $version in
            "") seen+="; $found does not run" ;;
            2.* | 3.[0-8].*) seen+="; Python $version at $found is too old" ;;
            *)
                if ! supported "$version"; then
                    seen+="; Python $version at $found is too new"
                elif ! "$found" -c 'import venv, ensurepip' 2>/dev/null; then
                    seen+="; Python $version at $found lacks venv (Debian, Ubuntu: install python3-venv)"
                else
                    return 0
                fi
                ;;
        esac
    done
    seen=${seen#; }
    die "Python 3.9 to 3.12 is needed (MS_GAN_PYTHON=/path/to/python can name one); found ${seen:-none of $*}"
}
