#!/bin/sh
# Set up .venv from whatever Python this machine has, once; a second run only looks and is done.
#
#   sh deploy/bootstrap.sh            set up (make install, and every other target, calls this)
#   sh deploy/bootstrap.sh --which    only print the interpreter that would be used
#
# Rules: a candidate counts only if it really runs (a version manager's shim may exist and fail); 3.12 or newer is
# preferred, 3.11 accepted, PYTHON=… overrides; packages are exactly those of requirements.lock, checked by hash. uv puts
# them in: the machine's own, or one fetched for the length of the set-up (it takes 2 s of work where pip takes 24), or,
# where there is no uv for this machine or it does not come through, pip.
# While a set-up runs, .venv.building holds its pid. One that is left behind means a half-made .venv, which is built anew.
set -eu

unset CDPATH
cd "$(dirname "$0")/.."
root=$(pwd -P)
venv=.venv
stamp=$venv/.set-up
building=.venv.building
wait_s_max=600   # another set-up in this folder may take that long
pid_s_max=3      # a set-up that has made its folder writes its pid within this time
newer='python3.12 python3.13 python3.14 python3 python'
accepted='python3 python3.11 python'

say() { printf '%s\n' "$*" >&2; }

die() {
    say "$@"
    exit 1
}

# Succeed if the interpreter $1 runs and is at least Python 3.$2.
runs() {
    version=$("$1" -c 'import sys; print("%d %d" % sys.version_info[:2])' 2>/dev/null) || return 1
    case $version in
        3\ [0-9]*) [ "${version#3 }" -ge "$2" ] ;;
        *) return 1 ;;
    esac
}

# Succeed if the interpreter $1 can make an environment. Debian packs venv and ensurepip apart from Python.
makes_venv() { [ -n "$uv" ] || "$1" -c 'import venv, ensurepip' >/dev/null 2>&1; }

# Set $python to the first of the names $2… that runs, is at least 3.$1 and can make an environment.
choose() {
    minor_min=$1
    shift
    for name in "$@"; do
        runs "$name" "$minor_min" || continue
        if makes_venv "$name"; then
            python=$name
            return 0
        fi
        without_venv=$name
    done
    return 1
}

find_python() {
    without_venv=
    if [ -n "${PYTHON:-}" ]; then
        choose 11 "$PYTHON" && return
        [ -z "$without_venv" ] || missing_venv
        die "PYTHON=$PYTHON is not a Python 3.11 or newer that runs here; name another, or leave PYTHON unset to have one looked for."
    fi
    # shellcheck disable=SC2086  # the lists are meant to fall apart into names
    choose 12 $newer || choose 11 $accepted || {
        [ -z "$without_venv" ] || missing_venv
        die "No Python 3.11 or newer runs here (looked on PATH for python3.12, 3.13, 3.14, 3.11, python3, python): install Python 3.12 (Debian, Ubuntu: apt install python3 python3-venv) or name one with PYTHON=/path/to/python3."
    }
}

missing_venv() {
    die "$without_venv runs, but its venv and ensurepip modules are missing: install them (Debian, Ubuntu: apt install python3-venv) or name another interpreter with PYTHON=/path/to/python3."
}

# Print which Python the interpreter $1 stands on: the same line for a base interpreter and for its environments.
identity() { "$1" -c 'import sys; print(sys.base_prefix, sys.version.split()[0])' 2>/dev/null; }

# Print what the stamp must say for the set-up to be current; fail if .venv's interpreter does not run.
fingerprint() {
    identity "$venv/bin/python" || return 1
    printf '%s\n' "$root"
    cat requirements.lock deploy/uv.lock pyproject.toml deploy/bootstrap.sh | cksum
}

current() {
    [ ! -d "$building" ] || [ "${mine:-}" = yes ] || return 1
    now=$(fingerprint) && [ "$now" = "$(cat "$stamp" 2>/dev/null)" ] || return 1
    wanted_python
}

# Succeed if .venv stands on the interpreter that PYTHON asks for, if it asks.
wanted_python() { [ -z "${PYTHON:-}" ] || [ "$(identity "$PYTHON")" = "$(identity "$venv/bin/python")" ]; }

# Succeed if .venv can be brought up to date in place: it runs, lies where it was made and stands on the Python it was made with.
usable() {
    runs "$venv/bin/python" 11 && wanted_python || return 1
    [ -f "$stamp" ] || return 0   # somebody else made it: packages are added, nothing is thrown away
    [ "$(sed 2q "$stamp")" = "$(identity "$venv/bin/python"; printf '%s\n' "$root")" ]
}

# Wait for a set-up that another shell has under way; clear away what a dead one left.
take_turn() {
    waited_s=0
    until mkdir "$building" 2>/dev/null; do
        pid=$(cat "$building/pid" 2>/dev/null || true)
        if [ -z "$pid" ] && [ "$waited_s" -ge "$pid_s_max" ] || [ -n "$pid" ] && ! kill -0 "$pid" 2>/dev/null; then
            say "An earlier set-up was interrupted: building .venv anew."
            rm -rf "$venv" "$building"
            continue
        fi
        [ "$waited_s" -lt "$wait_s_max" ] || die "Another set-up (pid $pid) has been busy for $wait_s_max s: end it, or remove $root/$building, then try again."
        sleep 1
        waited_s=$((waited_s + 1))
    done
    printf '%s\n' "$$" >"$building/pid"
    mine=yes
}

# Set $uv to a uv of our own, good for as long as the set-up takes; fail if there is none for this machine.
fetch_uv() {
    $pip --only-binary :all: --require-hashes --target "$building/uv" -r deploy/uv.lock && "$building/uv/bin/uv" --version >/dev/null &&
        uv=$building/uv/bin/uv
}

by_uv() {
    "$uv" pip install --quiet --python "$venv/bin/python" --require-hashes -r requirements.lock &&
        "$uv" pip install --quiet --python "$venv/bin/python" --no-deps --no-build-isolation -e .
}

by_pip() { $pip --require-hashes -r requirements.lock && $pip --no-deps --no-build-isolation -e .; }

install_all() {
    if [ -z "$uv" ]; then
        "$venv/bin/python" -m pip --version >/dev/null 2>&1 || "$venv/bin/python" -m ensurepip >/dev/null
        pip="$venv/bin/python -m pip --disable-pip-version-check install --quiet --quiet --no-input"
        fetch_uv && by_uv && return
        say "Without uv (the reason is above): pip takes its place, and a minute longer."
        by_pip
    else
        by_uv
    fi
}

build() {
    if ! usable; then
        find_python
        rm -rf "$venv"
        say "Setting up .venv with $("$python" --version 2>&1): up to a minute, once."
        if [ -n "$uv" ]; then
            "$uv" venv --quiet --python "$(command -v "$python")" "$venv"
        else
            "$python" -m venv "$venv"
        fi || die "Python could not make the environment $root/$venv (its words are above)."
    else
        say "Bringing .venv up to date."
    fi
    install_all || die "The packages could not be installed (the reason is above): put it right, often the network, and run the same command again."
    fingerprint >"$stamp"
}

uv=
if command -v uv >/dev/null 2>&1 && uv --version >/dev/null 2>&1; then uv=uv; fi

if [ "${1:-}" = --which ]; then
    find_python
    command -v "$python"
    exit
fi
current && exit
usable || find_python   # say what is missing before anything is touched
take_turn
current || build
rm -rf "$building"
