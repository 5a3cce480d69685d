#!/usr/bin/env bash
# Runs a cluster of three on this machine's loopback: three etcd and three Rollcall, until Ctrl-C.
#
#   Config/cluster/start.sh [FOLDER]
#
# FOLDER keeps data and logs (a new one below /tmp unless given). Servers: HTTP on 8501, 8502 and 8503, DNS on 8601, 8602
# and 8603; etcd on 2379, 2381 and 2383. CLUSTER_PORT_BASE=9500 moves HTTP to 9501…, and DNS and etcd with it. etcd comes
# from PATH, or is unpacked from Debian's package below .build. More flags for every server stand in CLUSTER_FLAGS.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
folder="${1:-$(mktemp -d /tmp/rollcall-cluster.XXXXXX)}"
program="${CLUSTER_PROGRAM:-$root/.build/release/rollcall}"
base="${CLUSTER_PORT_BASE:-8500}"
etcd_base=$((base == 8500 ? 2378 : base + 200))
read -ra flags <<<"${CLUSTER_FLAGS:-}"

fail() {
  printf 'start.sh: %s\n' "$*" >&2
  exit 2
}

if [[ ! -x "$program" ]]; then "$root/Config/quickstart.sh" --build; fi
etcd="$(command -v etcd || true)"
if [[ -z "$etcd" ]]; then
  command -v dpkg-deb >/dev/null || fail "etcd is not on PATH; install it (https://etcd.io/docs/latest/install/)"
  "$root/Tests/peers.sh" etcd-server >/dev/null
  etcd="$root/.build/peers/usr/bin/etcd"
fi

children=()
stop() {
  trap - EXIT INT TERM
  ((${#children[@]} == 0)) || kill "${children[@]}" 2>/dev/null || true
  wait
}
trap stop EXIT
trap 'exit 0' INT TERM

client_port() { echo $((etcd_base - 1 + 2 * $1)); }
peer_port() { echo $((etcd_base + 2 * $1)); }

members="" endpoints=""
for n in 1 2 3; do
  members+="${members:+,}e$n=http://127.0.0.1:$(peer_port $n)"
  endpoints+="${endpoints:+,}http://127.0.0.1:$(client_port $n)"
done

for n in 1 2 3; do
  mkdir -p "$folder/etcd$n" "$folder/node$n"
  chmod 700 "$folder/etcd$n"
  "$etcd" --name "e$n" --data-dir "$folder/etcd$n" --initial-cluster "$members" --initial-cluster-token "rollcall-$base" \
    --listen-client-urls "http://127.0.0.1:$(client_port $n)" --advertise-client-urls "http://127.0.0.1:$(client_port $n)" \
    --listen-peer-urls "http://127.0.0.1:$(peer_port $n)" --initial-advertise-peer-urls "http://127.0.0.1:$(peer_port $n)" \
    --snapshot-count 10000 >"$folder/etcd$n.log" 2>&1 &
  children+=($!)
  echo $! >"$folder/etcd$n.pid"
done
for n in 1 2 3; do
  "$program" serve --store etcd --etcd "$endpoints" --cluster example --node-name "node-$n" --data-dir "$folder/node$n" \
    --zones-dir "$root/zones" --http-listen "127.0.0.1:$((base + n))" --dns-listen "127.0.0.1:$((base + 100 + n))" \
    "${flags[@]+"${flags[@]}"}" >"$folder/node$n.out" 2>"$folder/node$n.log" &
  children+=($!)
  echo $! >"$folder/node$n.pid"
done

for n in 1 2 3; do
  until grep -q "is ready" "$folder/node$n.out"; do
    kill -0 "$(cat "$folder/node$n.pid")" 2>/dev/null || fail "node-$n has ended; see $folder/node$n.log"
    sleep 0.1
  done
  echo "node-$n: HTTP 127.0.0.1:$((base + n)), DNS 127.0.0.1:$((base + 100 + n))"
done
echo "data and logs: $folder; Ctrl-C ends all"
wait
