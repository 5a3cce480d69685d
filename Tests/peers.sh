#!/usr/bin/env bash
# Unpacks other DNS programs from Debian's packages into .build/peers, to be compared with and put in front of ours.
#
# Unpacked, not installed: no daemon is started, no port taken, no file of the host changed. Give package names,
# such as `Tests/peers.sh nsd unbound`. Prints the folder; `Tests/peers.sh --run PROGRAM…` runs one of them.
set -euo pipefail
peers="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/.build/peers"
architecture=$(dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null || gcc -print-multiarch 2>/dev/null || echo "$(uname -m)-linux-gnu")
libraries=$peers/usr/lib/$architecture:$peers/lib/$architecture:$peers/usr/lib/$architecture/systemd:$peers/lib/systemd

if [ "${1:-}" = --run ]; then
    shift
    export PATH=$peers/usr/sbin:$peers/usr/bin:$peers/lib/systemd:$peers/usr/lib/systemd:$PATH
    export LD_LIBRARY_PATH=$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
    exec "$@"
fi

mkdir -p "$peers/packages"
wanted=()
for package in "$@"; do
    [ -e "$peers/packages/$package.unpacked" ] || wanted+=("$package")
done
if [ ${#wanted[@]} -gt 0 ]; then
    # What apt would install is the program and the libraries that this host lacks.
    simulate() { apt-get -s install --no-install-recommends "${wanted[@]}" | sed -n 's/^Inst \([^ ]*\).*/\1/p'; }
    if ! simulate > "$peers/packages/list" 2> "$peers/packages/errors"; then
        sudo=""
        [ "$(id -u)" = 0 ] || sudo=sudo
        $sudo apt-get update -q > /dev/null
        simulate > "$peers/packages/list"
    fi
    # apt drops to a user that cannot write here; as root it may stay root.
    (cd "$peers/packages" && xargs -r apt-get -o APT::Sandbox::User=root download -q < list > /dev/null)
    for archive in "$peers"/packages/*.deb; do
        [ -e "$archive" ] || continue
        dpkg-deb -x "$archive" "$peers"
        rm "$archive"
    done
    for package in "${wanted[@]}"; do
        touch "$peers/packages/$package.unpacked"
    done
fi
echo "$peers"
