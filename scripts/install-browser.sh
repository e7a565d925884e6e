#!/bin/sh
# Sees to it that the page's tests find Chromium and a Chinese font; installs Debian's packages
# where that is allowed without asking, and says what is missing where it is not.
set -eu
have() { command -v "$1" >/dev/null 2>&1; }

if [ -n "${KEX_TEST_CHROMIUM:-}" ] || have chromium || have chromium-browser || have google-chrome; then
    exit 0
fi
if have apt-get; then
    if [ "$(id -u)" = 0 ]; then
        sudo=
    elif have sudo && sudo -n true 2>/dev/null; then
        sudo="sudo -n"
    else
        sudo=no
    fi
    if [ "$sudo" != no ]; then
        echo "Installing Chromium for the page's tests …"
        export DEBIAN_FRONTEND=noninteractive
        $sudo apt-get update -qq
        $sudo apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk >/dev/null
        exit 0
    fi
fi
echo "No Chromium here: the page's tests will be skipped." >&2
echo "Install it (Debian: sudo apt-get install chromium fonts-noto-cjk) or set KEX_TEST_CHROMIUM." >&2
