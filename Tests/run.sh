#!/usr/bin/env bash
# Sets up what the tests need and runs all of them. Arguments go to `swift test`, such as --filter NAME.
#
# The integration tests run the program that ROLLCALL_BINARY names, by default the one that the tests' own
# build leaves: .build/debug/rollcall.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$root"
started=$SECONDS

phase() { printf '==> %3d s  %s\n' "$((SECONDS - started))" "$*"; }
fail() {
  printf 'run.sh: %s\n' "$*" >&2
  exit 2
}

find_swift() {
  if command -v swift >/dev/null; then return; fi
  local candidate
  for candidate in /opt/swift/usr/bin /usr/local/bin /usr/local/swift/usr/bin /usr/libexec/swift/bin \
    "${HOME:-/root}/.local/share/swiftly/bin"; do
    if [[ -x "$candidate/swift" ]]; then
      PATH="$candidate:$PATH"
      return
    fi
  done
  fail "no Swift toolchain found; install Swift 6.3 or later from https://www.swift.org/install/linux/"
}

as_root=()
if ((EUID != 0)); then as_root=(sudo); fi
apt_updated=no
update_apt() {
  if [[ "$apt_updated" == yes ]]; then return; fi
  "${as_root[@]}" apt-get update -qq
  apt_updated=yes
}

# Libraries for the build; dig, drill, kdig, curl and the languages of the client tests as clients that are not ours.
install_packages() {
  local package missing=()
  for package in git ca-certificates g++ pkg-config libldns-dev libseccomp-dev libsqlite3-dev zlib1g-dev openssl \
    bind9-dnsutils ldnsutils knot-dnsutils curl python3 iproute2 \
    python3-venv nodejs openjdk-17-jdk-headless; do
    if [[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" != installed ]]; then
      missing+=("$package")
    fi
  done
  if ((${#missing[@]} == 0)); then return; fi
  update_apt
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# NSD, Knot and BIND, the referees of the conformance tests, and the resolvers that are put in front of Rollcall. Unpacked below
# .build/peers: installing the packages would start them. The same for proxies and Prometheus, which follow its services,
# and etcd, on which the servers of a cluster stand.
unpack_peers() {
  "$root/Tests/peers.sh" nsd knot bind9 unbound dnsmasq-base systemd-resolved haproxy nginx golang-go \
    etcd-server etcd-client >/dev/null
  # Debian builds later Prometheus without discovery in Consul.
  "$root/Tests/peers.sh" --release bullseye prometheus >/dev/null
}

# A daemon that an installed package wants to start stays down.
export RUNLEVEL=1

find_swift
phase "packages"
if command -v apt-get >/dev/null; then
  install_packages
  unpack_peers
fi
"$root/Tests/python.sh"
phase "format"
swift format lint --strict --parallel --recursive Sources Tests Package.swift
phase "build"
swift build --build-tests
export ROLLCALL_BINARY="${ROLLCALL_BINARY:-$root/.build/debug/rollcall}"
export ROLLCALL_PEERS="$root/.build/peers"
if (($# > 0)); then
  phase "test"
  exec swift test --skip-build "$@"
fi

# One process a room: tests that keep threads busy must not starve the clocks of another room's.
passed=0
failed=0
failed_rooms=()
output="$(mktemp)"
trap 'rm -f "$output"' EXIT
for folder in Tests/*Tests; do
  room="${folder##*/}"
  phase "test $room"
  status=0
  timeout --kill-after=10 900 swift test --skip-build --disable-xctest --filter "^$room\\." 2>&1 | tee "$output" |
    { grep -vE '^(◇|✔ (Test|Suite) ")|^$' || true; } || status=$?
  tests="$(sed -n 's/.*Test run with \([0-9]*\) tests\{0,1\} in .*/\1/p' "$output" | tail -n 1)"
  failures="$(grep -cE '^✘ Test ".* failed after' "$output" || true)"
  # A filter that matches nothing, or a crash without a word, is no success.
  if ((status != 0 || ${tests:-0} == 0)); then
    failed_rooms+=("$room")
    if ((failures == 0)); then failures=1; fi
  fi
  passed=$((passed + (${tests:-0} > failures ? ${tests:-0} - failures : 0)))
  failed=$((failed + failures))
done

# Hostile bytes to everything that reads them, old inputs first: Tests/Fuzzers/run.sh says more.
phase "fuzz"
status=0
"$root/Tests/Fuzzers/run.sh" --seconds "${ROLLCALL_FUZZ_SECONDS:-5}" | tee "$output" || status=$?
fuzzers="$(sed -n 's/^\([0-9]*\) fuzzers passed, .*/\1/p' "$output")"
passed=$((passed + ${fuzzers:-0}))
crashes="$(sed -n 's/^[0-9]* fuzzers passed, \([0-9]*\) failed/\1/p' "$output")"
if ((status != 0)); then
  failed_rooms+=(Fuzzers)
  failed=$((failed + (${crashes:-0} > 0 ? crashes : 1)))
fi

# Tests again, under sanitizers: Tests/Sanitizers/run.sh says more.
phase "sanitizers"
status=0
"$root/Tests/Sanitizers/run.sh" | tee "$output" || status=$?
clean="$(sed -n 's/^\([0-9]*\) sanitizer runs passed, .*/\1/p' "$output")"
passed=$((passed + ${clean:-0}))
reported="$(sed -n 's/^[0-9]* sanitizer runs passed, \([0-9]*\) failed/\1/p' "$output")"
if ((status != 0)); then
  failed_rooms+=(Sanitizers)
  failed=$((failed + (${reported:-0} > 0 ? reported : 1)))
fi
phase "done"
if ((${#failed_rooms[@]} > 0)); then printf 'failed: %s\n' "${failed_rooms[*]}"; fi
printf '%d passed, %d failed\n' "$passed" "$failed"
((${#failed_rooms[@]} == 0))
