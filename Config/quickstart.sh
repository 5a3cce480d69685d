#!/usr/bin/env bash
# Sets this machine up, builds Rollcall and serves the example zone and an empty catalog in the foreground.
#
#   Config/quickstart.sh [--build] [FLAGS OF rollcall serve]
#
# --build stops after the build, which leaves .build/release/rollcall. Needs a Swift toolchain; what else is
# missing is installed with apt.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

say() { printf '==> %s\n' "$*" >&2; }
fail() {
  printf 'quickstart: %s\n' "$*" >&2
  exit 2
}

# sudo drops what the shell's start-up files add to PATH.
find_swift() {
  if command -v swift >/dev/null; then return; fi
  local home="${HOME:-/root}" candidate
  if [[ -n "${SUDO_USER:-}" ]]; then home="$(getent passwd "$SUDO_USER" | cut -d: -f6)"; fi
  for candidate in /opt/swift/usr/bin /usr/local/bin /usr/local/swift/usr/bin /usr/libexec/swift/bin \
    "$home/.local/share/swiftly/bin" "$home/.swiftly/bin"; do
    if [[ -x "$candidate/swift" ]]; then
      PATH="$candidate:$PATH"
      return
    fi
  done
  fail "no Swift toolchain found; install Swift 6.3 or later from https://www.swift.org/install/linux/"
}

check_swift() {
  local version
  version="$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)"
  if [[ "$(printf '6.3\n%s\n' "$version" | sort -V | head -n 1)" != 6.3 ]]; then
    fail "Swift ${version:-of an unknown version} is too old; install 6.3 or later from" \
      "https://www.swift.org/install/linux/"
  fi
}

install_missing() {
  local package missing=()
  for package in git ca-certificates g++ pkg-config libldns-dev libseccomp-dev libsqlite3-dev zlib1g-dev; do
    if [[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" != installed ]]; then
      missing+=("$package")
    fi
  done
  if ((${#missing[@]} == 0)); then return; fi
  say "installing ${missing[*]}"
  local as_root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || fail "install these first, as root: ${missing[*]}"
    as_root=(sudo)
  fi
  "${as_root[@]}" apt-get update -qq >&2
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

only_build=no
arguments=()
for argument in "$@"; do
  if [[ "$argument" == --build ]]; then only_build=yes; else arguments+=("$argument"); fi
done

find_swift
check_swift
if command -v dpkg-query >/dev/null; then
  install_missing
elif ! pkg-config --exists ldns libseccomp sqlite3 zlib; then
  fail "install the development files of ldns, libseccomp, sqlite3 and zlib first"
fi

say "building (the first time takes some minutes)"
swift build --package-path "$root" -c release --product rollcall >&2
program="$root/.build/release/rollcall"
if [[ "$only_build" == yes ]]; then
  say "built $program"
  exit 0
fi

# The repository's own folders, from wherever this was called; flags and a file of settings come first.
has_file=no
if [[ -n "${ROLLCALL_CONFIG:-}" ]]; then has_file=yes; fi
for argument in "${arguments[@]+"${arguments[@]}"}"; do
  case "$argument" in --config | --config=*) has_file=yes ;; esac
done
if [[ "$has_file" == no ]]; then
  export ROLLCALL_DATA_DIR="${ROLLCALL_DATA_DIR:-$root/data}"
  export ROLLCALL_ZONES_DIR="${ROLLCALL_ZONES_DIR:-$root/zones}"
fi
exec "$program" serve "${arguments[@]+"${arguments[@]}"}"
