#!/usr/bin/env bash
# Runs tests of rooms under ThreadSanitizer and under AddressSanitizer with its leak detector. A report fails the run.
#
#   Tests/Sanitizers/run.sh                             the rooms of a short run, under the sanitizer that each is there for
#   Tests/Sanitizers/run.sh thread [ROOM…]              one sanitizer; these rooms, by default all that start no program
#   Tests/Sanitizers/run.sh address DNSZones
#
# Builds stay in .build-thread and .build-address; reports in .build-thread/ROOM.log and .build-address/ROOM.log.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
cd "$root"
folder="$PWD/Tests/Sanitizers"

# Where threads meet, and where memory is unsafe or C's. Their builds need no package, so they take a minute or two.
short_thread=(ServiceCatalog DNSResponder)
short_address=(DNSWire DNSResponder DNSZones)
all=(DNSWire ServiceCatalog DNSResponder DNSZones DNSForwarder TransportSecurity EncryptedDNS DurableStore HealthProber
  RegistryAPI RollcallClient)
# One thread that computes for minutes under a sanitizer, and nothing else.
long_in_thread='LinearPatternTests/hostile|HostInstanceTests/bounded'

passed=0
failed=0

# Tells ThreadSanitizer of the locks that it cannot see: mutex.c says how.
build_notes() {
  local toolchain
  toolchain="$(dirname "$(readlink -f "$(command -v swift)")")"
  "$toolchain/clang" -O1 -Wall -Wextra -Werror -shared -fPIC -o .build-thread/mutex.so "$folder/mutex.c"
}

# Faults on purpose: those are reported, and nothing where there is none, or the tests below mean nothing.
check_planted() {
  local sanitizer="$1" preload="$2" fault expected status log=".build-$1/planted.log"
  local -A expect
  expect=([race]=66 [race-beside-lock]=66 [guarded]=0 [clean]=0)
  if [[ "$sanitizer" == address ]]; then expect=([overrun]=1 [leak]=1 [clean]=0); fi
  if ! swiftc -O -sanitize="$sanitizer" "$folder/Planted.swift" -o ".build-$sanitizer/planted" >"$log" 2>&1; then
    cat "$log" >&2
    exit 2
  fi
  for fault in "${!expect[@]}"; do
    expected="${expect[$fault]}"
    status=0
    LD_PRELOAD="$preload" timeout 60 ".build-$sanitizer/planted" "$fault" >"$log" 2>&1 || status=$?
    if ((status == expected)); then continue; fi
    tail -n 20 "$log" >&2
    printf '%s: the planted "%s" ended with %s instead of %s\n' "$sanitizer" "$fault" "$status" "$expected" >&2
    exit 2
  done
  printf '%-8s planted faults are seen: %s\n' "$sanitizer" "${!expect[*]}"
}

run() {
  local preload="" sanitizer="$1" room log status tests reports scratch=".build-$1" skip=()
  shift
  local rooms=("$@")
  printf '==> %s: build\n' "$sanitizer"
  ROOMS="$(IFS=,; echo "${rooms[*]}")" swift build --build-tests --sanitize="$sanitizer" --scratch-path "$scratch" 2>&1 |
    { grep -E '(error:|warning:|complete!)' || true; } | { grep -v 'Cannot export local symbol' || true; } | tail -n 40
  if [[ "$sanitizer" == thread ]]; then
    build_notes
    preload="$PWD/.build-thread/mutex.so"
    skip=(--skip "$long_in_thread")
    export TSAN_OPTIONS="halt_on_error=0:exitcode=66"
  fi
  export ASAN_OPTIONS="detect_leaks=1" LSAN_OPTIONS="suppressions=$folder/leaks.txt:print_suppressions=0"
  # The backtrace of Swift's runtime would wait for a debugger's turn.
  export SWIFT_BACKTRACE=enable=no
  check_planted "$sanitizer" "$preload"
  local program
  program="$(ls -d "$PWD/$scratch"/*/debug/rollcallPackageTests.xctest)"
  for room in "${rooms[@]}"; do
    log="$scratch/$room.log"
    status=0
    started=$SECONDS
    LD_PRELOAD="$preload" timeout --kill-after=10 900 "$program" --testing-library swift-testing --filter "^${room}Tests\\." "${skip[@]}" \
      >"$log" 2>&1 || status=$?
    tests="$(sed -n 's/.*Test run with \([0-9]*\) tests\{0,1\} in .*/\1/p' "$log" | tail -n 1)"
    reports="$(grep -cE '(WARNING|ERROR): [A-Za-z]*Sanitizer' "$log" || true)"
    printf '%-8s %-18s %5s tests %4s reports %5s s\n' "$sanitizer" "$room" "${tests:-0}" "$reports" "$((SECONDS - started))"
    if ((status == 0 && ${tests:-0} > 0 && reports == 0)); then
      passed=$((passed + 1))
      continue
    fi
    failed=$((failed + 1))
    grep -E '(WARNING|ERROR): [A-Za-z]*Sanitizer|^SUMMARY|^ +#[0-9] |^✘|Fatal error' "$log" | head -n 60 || true
    printf '%s, %s: status %s, all of it in %s\n' "$room" "$sanitizer" "$status" "$log"
  done
}

case "${1:-}" in
  '')
    run thread "${short_thread[@]}"
    run address "${short_address[@]}"
    ;;
  thread | address)
    sanitizer="$1"
    shift
    if (($# == 0)); then set -- "${all[@]}"; fi
    run "$sanitizer" "$@"
    ;;
  *)
    printf 'usage: %s [thread|address [ROOM…]]\n' "$0" >&2
    exit 2
    ;;
esac
printf '%d sanitizer runs passed, %d failed\n' "$passed" "$failed"
((failed == 0))
