#!/bin/sh
# Makes the virtual environment $1 with Python 3.10 to 3.13, or says plainly what is missing.
# PYTHON=/path/to/python3.11 names one that is not on the PATH.
set -eu
venv=$1

fits() {
    "$1" -c 'import sys; raise SystemExit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' \
        >/dev/null 2>&1
}

# One that was made half, or by another Python, is made anew.
if [ -e "$venv" ]; then
    if fits "$venv/bin/python" && "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
        touch "$venv/.made"
        exit 0
    fi
    echo "$venv is broken or of another Python; making it anew …"
    rm -rf "$venv"
fi

found=
for candidate in ${PYTHON:-} python3.11 python3.12 python3.13 python3.10 python3 python; do
    if fits "$candidate"; then
        found=$candidate
        break
    fi
done
if [ -z "$found" ]; then
    {
        echo "Kex needs Python 3.10, 3.11, 3.12 or 3.13 (some libraries have no build for other versions)."
        echo "Found: $(python3 --version 2>&1 || echo 'no python3')"
        echo "Install one, or name it: make PYTHON=/path/to/python3.11 run"
        echo "  Debian, Ubuntu: sudo apt-get install python3.11 python3.11-venv"
        echo "  macOS: brew install python@3.11    anywhere: pyenv install 3.11"
    } >&2
    exit 1
fi
if ! "$found" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    echo "$found has no venv module. Debian, Ubuntu: sudo apt-get install python3-venv" >&2
    exit 1
fi
echo "Making $venv with $("$found" --version) …"
"$found" -m venv "$venv"
touch "$venv/.made"
