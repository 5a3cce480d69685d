#!/usr/bin/env python3
"""Registrations, heartbeats and bulk writes a second: Rollcall, on disk and in memory, beside Consul.

Each server in turn is alone, on all cores that the load generator uses too, with its data on the repository's disk. 16
kept-alive connections send one request after the other, prepared in a file, so that the load costs little. Every
registration is a new instance, ten to a service. Consul is Debian's last (1.8.7, of Debian 11), as the agent of its own
host: with its log on disk, and in memory (`-dev`). It is given what both understand.

When all is done, the Rollcall on disk is killed and started again, and must have every instance that was acknowledged.
"""

import os
import signal
import time

import processes
import registering
import report
from subjects import Consul, Rollcall

CONNECTIONS = 16
# Operations of a transaction; Consul takes 64.
TRANSACTION = 64
IMPORT_LINES = 20_000
# Requests that are prepared for a second of a run.
PREPARED = 20_000
HEARTBEATS = 1_000

# The rows: what a request is, and who is asked.
ROWS = {
    "POST /register": ("Rollcall",),
    "PUT /v1/agent/service/register": ("Rollcall", "Consul"),
    "PUT /v1/catalog/register": ("Rollcall", "Consul"),
    "PUT /heartbeat/ID": ("Rollcall",),
    "PUT /v1/agent/check/pass/ID": ("Rollcall", "Consul"),
    "PUT /v1/txn, 64 instances": ("Rollcall", "Consul"),
    "POST /import, 20,000 instances": ("Rollcall",),
}


def arguments():
    parser = report.parser(__doc__)
    parser.add_argument("--seconds", type=float, help="length of each row (3)")
    parser.add_argument("--without-consul", action="store_true")
    options = parser.parse_args()
    options.seconds = options.seconds or (1 if options.quick else 3)
    return options


def prepare(server, row, count):
    """The requests of a row, after what they need is registered; whether they may be sent again."""
    if row == "POST /register":
        return (registering.native("n", number) for number in range(count)), False
    if row == "PUT /v1/agent/service/register":
        return (registering.agent("a", number) for number in range(count)), False
    if row == "PUT /v1/catalog/register":
        return (registering.catalog("c", number) for number in range(count)), False
    if row == "PUT /heartbeat/ID":
        for number in range(HEARTBEATS):
            server.request(*registering.leased(f"beat-{number}"))
        return [("PUT", f"/heartbeat/beat-{number}", "") for number in range(HEARTBEATS)], True
    if row == "PUT /v1/agent/check/pass/ID":
        for number in range(HEARTBEATS):
            server.request(*registering.checked(f"check-{number}"))
        return [("PUT", f"/v1/agent/check/pass/service:check-{number}", "") for number in range(HEARTBEATS)], True
    server.request("PUT", "/v1/catalog/register", {"Node": "t-node", "Address": "10.0.0.1"})
    return (registering.transaction("t", number, TRANSACTION) for number in range(count // 20)), False


def measure(server, row, options, scratch, load):
    """One row of one server: requests, what they held, processor time."""
    if "import" in row:
        return measure_import(server, options.seconds)
    requests, repeats = prepare(server, row, int(PREPARED * options.seconds))
    path = registering.write_requests(os.path.join(scratch, "requests"), requests)
    before = server.cpu_seconds()
    result = load.run("http", server.http_port, path, options.seconds, sockets=CONNECTIONS, repeat=int(repeats))
    result["cpu_seconds"] = server.cpu_seconds() - before
    result["items"] = result["answers"] * (TRANSACTION if "txn" in row else 1)
    if set(result["codes"]) != {"200"}:
        raise SystemExit(f"{server.name}, {row}: {result['codes']}")
    return result


def measure_import(server, seconds):
    """Whole files, one after the other."""
    result = {"items": 0, "seconds": 0.0, "cpu_seconds": 0.0}
    while result["seconds"] < seconds:
        first = result["items"]
        lines = [
            registering.line(f"i-{number // 10}", f"i-{number}", registering.host(number), False)
            for number in range(first, first + IMPORT_LINES)
        ]
        before, start = server.cpu_seconds(), time.perf_counter()
        result["items"] += server.import_lines(lines)
        result["seconds"] += time.perf_counter() - start
        result["cpu_seconds"] += server.cpu_seconds() - before
    return result


def survives(server, binary):
    """Kills the server, starts it again, and compares."""
    before = server.metrics()["rollcall_catalog_instances"]
    server.stop(signal.SIGKILL)
    start = time.perf_counter()
    server.start(binary, data="data")
    seconds = time.perf_counter() - start
    after = server.metrics()["rollcall_catalog_instances"]
    if after != before:
        raise SystemExit(f"{before:,.0f} instances were acknowledged, {after:,.0f} are there after kill -9")
    return f"After `kill -9` all {after:,.0f} instances are there; the start took {seconds:.1f} s."


def summarise(rounds):
    table = report.Table("Writes", {
        "request": "", "server": "", "items/s": ",.0f", "ms p50": ".2f", "ms p99": ".2f", "server CPU µs an item": ",.1f",
        "items per server CPU-second": ",.0f", "÷ Consul on disk": ".1f", "÷ Consul in memory": ".1f",
    })
    rates = {(entry["row"], entry["server"]): entry["items"] / entry["seconds"] for entry in rounds}
    for entry in sorted(rounds, key=lambda entry: list(ROWS).index(entry["row"])):
        row, rate = entry["row"], rates[entry["row"], entry["server"]]
        latency = entry.get("latency_us", {})
        consul = [rates.get((row, f"Consul {where}")) for where in ("on disk", "in memory")]
        # Two figures that native calls have no like of: they are compared with the agent's call.
        if row in ("POST /register", "PUT /heartbeat/ID"):
            like = "PUT /v1/agent/service/register" if "register" in row else "PUT /v1/agent/check/pass/ID"
            consul = [rates.get((like, f"Consul {where}")) for where in ("on disk", "in memory")]
        table.add(
            row, entry["server"], rate, *(latency[part] / 1_000 if latency else None for part in ("p50", "p99")),
            1e6 * entry["cpu_seconds"] / entry["items"], entry["items"] / max(entry["cpu_seconds"], 0.01),
            *(rate / other if other else None for other in consul),
        )
    return table


def main():
    options = arguments()
    everywhere = sum(processes.cores(), [])
    rollcall, load = processes.rollcall(options), processes.Load(processes.tool("load"), everywhere)
    if not options.without_consul:
        processes.unpack_release("bullseye", "consul")
    rounds, notes = [], []
    for name in ("Rollcall", "Consul"):
        if name == "Consul" and options.without_consul:
            continue
        for where in ("on disk", "in memory"):
            with processes.scratch("writes") as scratch, processes.running([]) as servers:
                if name == "Rollcall":
                    servers.append(Rollcall(scratch, everywhere))
                    servers[0].start(rollcall, data="data" if where == "on disk" else None, workers=len(everywhere))
                    disk = report.disk(scratch)
                else:
                    servers.append(Consul(scratch, everywhere))
                    servers[0].start(is_durable=where == "on disk")
                for row, asked in ROWS.items():
                    if name in asked:
                        result = measure(servers[0], row, options, scratch, load)
                        rounds.append({"row": row, "server": f"{name} {where}"} | result)
                        report.note(f"{name} {where}: {row}")
                if (name, where) == ("Rollcall", "on disk"):
                    notes.append(survives(servers[0], rollcall))
    notes.append(f"A write of 4 KiB takes {disk['sync_milliseconds']} ms to reach this disk ({disk['file_system']}).")
    report.finish(options, [summarise(rounds)], rounds, notes)


if __name__ == "__main__":
    report.start(main)
