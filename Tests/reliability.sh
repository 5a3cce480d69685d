#!/usr/bin/env bash
# Runs the reliability tests in their long form, against a release build, and prints one line of figures a test.
#
#     Tests/reliability.sh [crash|health|floods|cluster|conformance|fuzz|soak|all] [--list]
#
# --list names the tests of the part and runs none. How long each part goes on comes from the environment, see the numbers
# below. ROLLCALL_BINARY is another program to be tested. The short forms run with all other tests, see Tests/run.sh.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$root"
part="${1:-all}"
only_lists="${2:-}"
if [[ ! "$part" =~ ^(crash|health|floods|cluster|conformance|fuzz|soak|all)$ || ! "$only_lists" =~ ^(--list)?$ || $# -gt 2 ]]; then
  echo "usage: Tests/reliability.sh [crash|health|floods|cluster|conformance|fuzz|soak|all] [--list]" >&2
  exit 2
fi

# crash: times kill -9. churn: changes. soak, floods, pause: seconds in all. starved: rounds of slices. fuzz: seconds each fuzzer.
# cluster: seconds of random faults in each of its histories. conformance: rounds; after 24 every name was asked for every type in every way.
export ROLLCALL_FAULTS_ROUNDS="${ROLLCALL_FAULTS_ROUNDS:-200}"
export ROLLCALL_FAULTS_SOAK_SECONDS="${ROLLCALL_FAULTS_SOAK_SECONDS:-1200}"
export ROLLCALL_FAULTS_FLOOD_SECONDS="${ROLLCALL_FAULTS_FLOOD_SECONDS:-120}"
export ROLLCALL_FAULTS_PAUSE_SECONDS="${ROLLCALL_FAULTS_PAUSE_SECONDS:-60}"
export ROLLCALL_FAULTS_STARVED_ROUNDS="${ROLLCALL_FAULTS_STARVED_ROUNDS:-60}"
export ROLLCALL_FAULTS_FUZZ_SECONDS="${ROLLCALL_FAULTS_FUZZ_SECONDS:-60}"
export ROLLCALL_CONFORMANCE_ROUNDS="${ROLLCALL_CONFORMANCE_ROUNDS:-24}"
export ROLLCALL_FAULTS_CHURN_CHANGES="${ROLLCALL_FAULTS_CHURN_CHANGES:-400000}"
export ROLLCALL_CLUSTER_SECONDS="${ROLLCALL_CLUSTER_SECONDS:-300}"
export ROLLCALL_PEERS="${ROLLCALL_PEERS:-$root/.build/peers}"

# The tests of each part. A fault test that no other part names is one of floods, so that none is left out.
crash_tests='^FaultTests\.Faults/(Crash|Store)'
health_tests='^FaultTests\.Faults/(CutNetwork|Drain|Flapping|MassFailure|OutstandingLease|StarvedProber)'
soak_tests='^FaultTests\.Faults/(Churn|Soak)'
floods_tests='^FaultTests\.(?!Faults/(Crash|Store|CutNetwork|Drain|Flapping|MassFailure|OutstandingLease|StarvedProber|Churn|Soak))'
conformance_tests='^ConformanceTests\.'
cluster_tests='^ClusterTests\.'

log="$(mktemp)"
trap 'rm -f "$log"' EXIT
failed=()

# The program under test as it is shipped; the tests themselves are a debug build of their rooms only.
if [[ -z "${ROLLCALL_BINARY:-}" && "$part" != fuzz && -z "$only_lists" ]]; then
  swift build -c release --product rollcall >"$log" 2>&1 || {
    tail -n 40 "$log" >&2
    exit 1
  }
  export ROLLCALL_BINARY="$root/.build/release/rollcall"
fi

# report NAME TESTS STATUS SECONDS: the last line of a part.
report() {
  local name="$1" tests="${2:-0}" status="$3" seconds="$4" word=passed
  if ((status != 0 || tests == 0)); then
    word=FAILED
    failed+=("$name")
  fi
  printf '%s: %d tests, %s, %d s\n' "$name" "$tests" "$word" "$seconds"
}

# run_tests NAME ROOM FILTER: runs tests of a room; prints their figures, and on failure what went wrong.
run_tests() {
  local name="$1" room="$2" filter="$3" status=0 started=$SECONDS tests
  ROOMS="$room" swift build --build-tests --scratch-path .build-faults >"$log" 2>&1 || {
    tail -n 40 "$log" >&2
    report "$name" 0 1 "$((SECONDS - started))"
    return 0
  }
  if [[ -n "$only_lists" ]]; then
    ROOMS="$room" swift test list --skip-build --scratch-path .build-faults 2>/dev/null |
      grep -P "$filter" | sed "s|^|$name: |" || failed+=("$name")
    return 0
  fi
  ROOMS="$room" swift test --skip-build --scratch-path .build-faults --disable-xctest --filter "$filter" \
    >"$log" 2>&1 || status=$?
  sed -n "s/^figure: /$name: /p" "$log"
  tests="$(sed -n 's/.*Test run with \([0-9]*\) tests\{0,1\} in .*/\1/p' "$log" | tail -n 1)"
  if ((status != 0 || ${tests:-0} == 0)); then grep -vE '^(◇|✔)|^figure:' "$log" | head -n 200 >&2; fi
  report "$name" "${tests:-0}" "$status" "$((SECONDS - started))"
}

# run_fuzzers: the same for the fuzzers, whose table becomes lines of figures.
run_fuzzers() {
  local status=0 started=$SECONDS fuzzers
  if [[ -n "$only_lists" ]]; then
    ls Tests/Fuzzers/Corpus | sed 's|^|fuzz: |'
    return 0
  fi
  Tests/Fuzzers/run.sh --seconds "$ROLLCALL_FAULTS_FUZZ_SECONDS" >"$log" 2>&1 || status=$?
  awk 'NF == 4 && $2 ~ /^[0-9]+$/ { printf "fuzz: %s: %s inputs, %s executed, coverage %s\n", $1, $2, $3, $4 }' "$log"
  fuzzers="$(sed -n 's/^\([0-9]*\) fuzzers passed, .*/\1/p' "$log")"
  if ((status != 0)); then tail -n 100 "$log" >&2; fi
  report fuzz "${fuzzers:-0}" "$status" "$((SECONDS - started))"
}

wants() { [[ "$part" == "$1" || "$part" == all ]]; }

if wants crash; then run_tests crash FaultTests "$crash_tests"; fi
if wants health; then run_tests health FaultTests "$health_tests"; fi
if wants floods; then run_tests floods FaultTests "$floods_tests"; fi
if wants cluster; then
  if [[ -z "$only_lists" ]] && command -v apt-get >/dev/null; then Tests/peers.sh etcd-server etcd-client >/dev/null; fi
  run_tests cluster ClusterTests "$cluster_tests"
fi
if wants conformance; then
  if [[ -z "$only_lists" ]] && command -v apt-get >/dev/null; then Tests/peers.sh nsd knot bind9 >/dev/null; fi
  run_tests conformance ConformanceTests "$conformance_tests"
fi
if wants fuzz; then run_fuzzers; fi
if wants soak; then run_tests soak FaultTests "$soak_tests"; fi

if ((${#failed[@]} > 0)); then
  printf 'failed: %s\n' "${failed[*]}" >&2
  exit 1
fi
