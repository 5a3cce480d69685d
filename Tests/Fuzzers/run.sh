#!/usr/bin/env bash
# Builds the fuzzers, gives each its corpus and its old failures, then lets each look for new ones for a while.
#
#   Tests/Fuzzers/run.sh [--seconds N] [NAME…]     N seconds each (default 5; 0: old inputs only), all fuzzers by default
#
# What was new stays in .build-fuzzers/corpus/NAME; an input that fails is saved as FailCases/NAME/…, and the exit status is 1.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
cd "$root"
folder=Tests/Fuzzers
seconds=5
names=()
while (($# > 0)); do
  case "$1" in
    --seconds)
      seconds="${2:?--seconds needs a number}"
      shift
      ;;
    -*)
      printf 'usage: %s [--seconds N] [NAME…]\n' "$0" >&2
      exit 2
      ;;
    *) names+=("$1") ;;
  esac
  shift
done
if ((${#names[@]} == 0)); then
  for corpus in "$folder"/Corpus/*/; do names+=("$(basename "$corpus")"); done
fi

# Of several options -sanitize the Swift compiler takes the last only: both names stand in one, behind those of the package manager.
scratch=.build-fuzzers
WITH_FUZZERS=1 swift build -c release -Xswiftc -enable-testing --sanitize=fuzzer --sanitize=address \
  -Xswiftc -sanitize=address,fuzzer --scratch-path "$scratch" 2>&1 |
  { grep -E '(error|Compiling|complete)' || true; } | tail -n 40
program="$(ls -d "$PWD/$scratch"/*/release/Fuzz)"
for part in "$scratch"/*/release/{CDatagram,[DEFHRS]*}.build; do
  for mark in sancov __asan_report; do
    grep -qr "$mark" "$part" && continue
    printf '%s has no %s: the build has lost a sanitizer\n' "$part" "$mark" >&2
    exit 2
  done
done

# A crash is reported by libFuzzer; the backtrace of Swift's runtime would wait for a debugger's turn.
export SWIFT_BACKTRACE=enable=no
export LSAN_OPTIONS="suppressions=$PWD/$folder/leaks.txt:print_suppressions=0"

passed=0
failed=0
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
# A planted overrun behind four bytes is found by coverage and reported by the address sanitizer, or nothing below means anything.
FUZZER=Planted timeout --kill-after=10 180 "$program" -max_total_time=60 -seed=1 -artifact_prefix="$scratch/planted-" \
  >"$log" 2>&1 || true
if ! grep -q 'ERROR: AddressSanitizer: heap-buffer-overflow' "$log"; then
  tail -n 20 "$log" >&2
  printf 'the planted overrun was not found\n' >&2
  exit 2
fi
rm -f "$scratch"/planted-*
printf '%-16s %10s %9s %9s\n' fuzzer inputs executed coverage
for name in "${names[@]}"; do
  failures="$folder/FailCases/$name"
  found="$scratch/corpus/$name"
  mkdir -p "$found"
  old=("$folder/Corpus/$name")
  if [[ -d "$failures" ]]; then old+=("$failures"); fi
  saved="$scratch/found-$name-"
  rm -f "$saved"*
  length=(-runs=0)
  if ((seconds > 0)); then length=("-max_total_time=$seconds"); fi
  status=0
  FUZZER="$name" timeout --kill-after=10 "$((seconds + 120))" "$program" "${length[@]}" -timeout=10 -rss_limit_mb=4096 \
    -max_len=4096 -print_final_stats=1 -artifact_prefix="$saved" "$found" "${old[@]}" >"$log" 2>&1 || status=$?
  executed="$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -n 1)"
  coverage="$(grep -oE 'cov: [0-9]+' "$log" | tail -n 1 | cut -c 6- || true)"
  printf '%-16s %10s %9s %9s\n' "$name" "$(find "${old[@]}" -type f | wc -l)" "${executed:-?}" "${coverage:-?}"
  if ((status == 0)); then
    passed=$((passed + 1))
    continue
  fi
  failed=$((failed + 1))
  grep -E 'Fatal error|ERROR:|SUMMARY|#[0-9]+ .* in ' "$log" | head -n 20 || true
  for input in "$saved"*; do
    if [[ -f "$input" ]]; then
      mkdir -p "$failures"
      cp "$input" "$failures/${input##*found-"$name"-}"
      printf '%s: the input is in %s\n' "$name" "$failures/${input##*found-"$name"-}"
    fi
  done
done
printf '%d fuzzers passed, %d failed\n' "$passed" "$failed"
((failed == 0))
