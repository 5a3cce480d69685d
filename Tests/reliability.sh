#!/usr/bin/env bash
# Runs the reliability tests in their long form, against a release build, and prints one line of figures a test.
#
#     Tests/reliability.sh [crash|soak|floods|fuzz|conformance|all]
#
# How long: ROLLCALL_FAULTS_SOAK_SECONDS (20 minutes), ROLLCALL_FAULTS_ROUNDS (200 times kill -9),
# ROLLCALL_FAULTS_PAUSE_SECONDS (a minute), and the others below. ROLLCALL_BINARY is another program to be tested.
# The short forms run with all other tests, see Tests/run.sh.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$root"
part="${1:-all}"
case "$part" in
  crash | soak | floods | fuzz | conformance | all) ;;
  *)
    echo "usage: Tests/reliability.sh [crash|soak|floods|fuzz|conformance|all]" >&2
    exit 2
    ;;
esac

export ROLLCALL_FAULTS_SOAK_SECONDS="${ROLLCALL_FAULTS_SOAK_SECONDS:-1200}"
export ROLLCALL_FAULTS_ROUNDS="${ROLLCALL_FAULTS_ROUNDS:-200}"
export ROLLCALL_FAULTS_PAUSE_SECONDS="${ROLLCALL_FAULTS_PAUSE_SECONDS:-60}"
export ROLLCALL_FAULTS_FLOOD_SECONDS="${ROLLCALL_FAULTS_FLOOD_SECONDS:-120}"
export ROLLCALL_FAULTS_FUZZ_SECONDS="${ROLLCALL_FAULTS_FUZZ_SECONDS:-600}"
export ROLLCALL_FAULTS_ZONES="${ROLLCALL_FAULTS_ZONES:-200}"
export ROLLCALL_PEERS="${ROLLCALL_PEERS:-$root/.build/peers}"

log="$(mktemp)"
trap 'rm -f "$log"' EXIT
failed=()

# The program under test as it is shipped; the tests themselves are a debug build of their rooms only.
if [[ -z "${ROLLCALL_BINARY:-}" && "$part" != fuzz ]]; then
  swift build -c release --product rollcall >"$log" 2>&1 || {
    tail -n 40 "$log" >&2
    exit 1
  }
  export ROLLCALL_BINARY="$root/.build/release/rollcall"
fi

# room FILTER NAME: runs tests of a room; prints their figures, and on failure what went wrong.
run_tests() {
  local room="$1" filter="$2" name="$3" status=0 started=$SECONDS
  ROOMS="$room" swift build --build-tests --scratch-path .build-faults >"$log" 2>&1 || {
    tail -n 40 "$log" >&2
    failed+=("$name")
    return 0
  }
  ROOMS="$room" swift test --skip-build --scratch-path .build-faults --disable-xctest --filter "$filter" \
    >"$log" 2>&1 || status=$?
  sed -n 's/^figure: //p' "$log"
  local tests
  tests="$(sed -n 's/.*Test run with \([0-9]*\) tests\{0,1\} in .*/\1/p' "$log" | tail -n 1)"
  if ((status != 0 || ${tests:-0} == 0)); then
    failed+=("$name")
    grep -vE '^(◇|✔)|^figure:' "$log" | head -n 200 >&2
  fi
  printf '%s: %d tests, %s, %d s\n' "$name" "${tests:-0}" \
    "$( ((status == 0 && ${tests:-0} > 0)) && echo passed || echo FAILED)" "$((SECONDS - started))"
}

wants() { [[ "$part" == "$1" || "$part" == all ]]; }

if wants crash; then run_tests FaultTests '^FaultTests\.Faults/(Crash|Store)' crash; fi
if wants floods; then run_tests FaultTests '^FaultTests\.(?!Faults/(Crash|Store|Soak))' floods; fi
if wants conformance; then run_tests ConformanceTests '^ConformanceTests\.' conformance; fi
if wants fuzz; then
  "$root/Tests/Fuzzers/run.sh" --seconds "$ROLLCALL_FAULTS_FUZZ_SECONDS" || failed+=(fuzz)
fi
if wants soak; then run_tests FaultTests '^FaultTests\.Faults/SoakTests' soak; fi

if ((${#failed[@]} > 0)); then
  printf 'failed: %s\n' "${failed[*]}" >&2
  exit 1
fi
