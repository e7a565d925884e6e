#!/bin/sh
# Sees to it that the tests find Chromium, a Chinese font, a C compiler and, in continuous
# integration, PostgreSQL; installs Debian's packages where that is allowed without asking, and says what is
# missing where it is not.
set -eu
have() { command -v "$1" >/dev/null 2>&1; }

wanted=
if [ -z "${KEX_TEST_CHROMIUM:-}" ] && ! have chromium && ! have chromium-browser && ! have google-chrome; then
    wanted="chromium fonts-noto-cjk"
fi
# A server that runs from now on: nothing for a developer's own machine.
if [ -n "${CI:-}" ] && ! have initdb && ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
    wanted="$wanted postgresql"
fi
# The engine's kernels for ARM, under an emulator.
if [ -n "${CI:-}" ] && ! have qemu-aarch64-static; then
    wanted="$wanted gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static"
fi
if ! have cc && ! have gcc && ! have clang; then
    wanted="$wanted gcc libc6-dev"
fi
[ -n "$wanted" ] || exit 0
if have apt-get; then
    if [ "$(id -u)" = 0 ]; then
        sudo=
    elif have sudo && sudo -n true 2>/dev/null; then
        sudo="sudo -n"
    else
        sudo=no
    fi
    if [ "$sudo" != no ]; then
        echo "Installing for the tests: $wanted …"
        export DEBIAN_FRONTEND=noninteractive
        $sudo apt-get update -qq
        for package in $wanted; do # what cannot be had is told by the tests that need it
            $sudo apt-get install -y -qq --no-install-recommends "$package" >/dev/null ||
                echo "$package could not be installed." >&2
        done
        exit 0
    fi
fi
echo "Missing for the tests, which are skipped where they need it: $wanted." >&2
echo "Install it (Debian: sudo apt-get install $wanted) or set KEX_TEST_CHROMIUM." >&2
