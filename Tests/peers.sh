#!/usr/bin/env bash
# Unpacks other DNS programs from Debian's packages into .build/peers, to be compared with and put in front of ours.
#
# Unpacked, not installed: no daemon is started, no port taken, no file of the host changed. Give package names,
# such as `Tests/peers.sh nsd unbound`. Prints the folder; `Tests/peers.sh --run PROGRAM…` runs one of them.
# `Tests/peers.sh --release bullseye PACKAGE…` takes them, without what they depend on, from another release.
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

# Another release's packages, with lists of their own: the host's stay as they are.
release=""
if [ "${1:-}" = --release ]; then
    release=$2
    shift 2
fi

mkdir -p "$peers/packages"
wanted=()
for package in "$@"; do
    [ -e "$peers/packages/$package.unpacked" ] || wanted+=("$package")
done
if [ ${#wanted[@]} -gt 0 ]; then
    # What apt would install is the program and the libraries that this host lacks. As root apt would drop to a user
    # that cannot write here.
    fetch() {
        local missing
        missing=$(apt-get -s install --no-install-recommends "${wanted[@]}" | sed -n 's/^Inst \([^ ]*\).*/\1/p') &&
            (cd "$peers/packages" && printf '%s\n' "${wanted[@]}" $missing | sort -u |
                xargs apt-get -o APT::Sandbox::User=root download -q > /dev/null)
    }
    fetch_of_release() {
        local folder=$peers/releases/$release own source
        source=$(apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' |
            awk -v release="$(. /etc/os-release && echo "$VERSION_CODENAME")" '$1 == release { print $2; exit }')
        mkdir -p "$folder/lists/partial" "$folder/archives/partial"
        echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $source $release main" > "$folder/sources.list"
        own=(-o "Dir::Etc::sourcelist=$folder/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$folder/lists"
            -o "Dir::Cache=$folder" -o APT::Sandbox::User=root)
        apt-get "${own[@]}" update -q > /dev/null
        (cd "$peers/packages" && apt-get "${own[@]}" download -q "${wanted[@]}" > /dev/null)
        rm -r "$folder/lists"
    }
    if [ -n "$release" ]; then
        fetch_of_release
    elif ! fetch 2> "$peers/packages/errors"; then
        # The lists of packages are missing or old.
        sudo=""
        [ "$(id -u)" = 0 ] || sudo=sudo
        $sudo apt-get update -q > /dev/null
        fetch
    fi
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
