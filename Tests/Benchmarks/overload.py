#!/usr/bin/env python3
"""More questions than a server can answer: how many it still answers, and how late.

Rollcall, NSD and Knot have one worker on one core each, and are asked in turn: as fast as they answer, which is their
capacity; at half of that; and with as many as the load generator can send, whether answered or not. In the last state half
of the server's core is taken by a busy loop: the load generator alone may be too weak to overload a server, and neighbours
that take the processor away are how overload comes about.

Latency is that of the questions that were answered, to the kernel's timestamp. Where the others went: the kernel drops
what does not fit into the socket's buffer, and a server may drop what it takes too late.
"""

import os
import subprocess
import time

import processes
import questions
import report
from subjects import Knot, NSD, Rollcall


def arguments():
    parser = report.parser(__doc__)
    parser.add_argument("--rounds", type=int, help="rounds of each server and state (3)")
    parser.add_argument("--seconds", type=float, help="length of a round (1)")
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 3)
    options.seconds = options.seconds or 1
    return options


def kernel_drops(port):
    """Datagrams that did not fit into the buffers of a port's sockets."""
    with open("/proc/net/udp") as file:
        fields = [line.split() for line in file.readlines()[1:]]
    return sum(int(entry[-1]) for entry in fields if int(entry[1].rsplit(":", 1)[1], 16) == port)


def shed(server):
    """Questions that Rollcall dropped because they had waited too long; None for others."""
    if server.name != "Rollcall":
        return None
    return sum(value for name, value in server.metrics().items() if name.startswith("rollcall_dns_shed_total"))


def measure(options, servers, path, load, own):
    rounds = []
    for number in range(options.rounds):
        for server in servers:
            capacity = None
            for state in ("capacity", "half", "overload", "overload, half a core"):
                how = {"capacity": {"window": 400}, "half": {"rate": (capacity or 0) // 2}}.get(state, {"rate": 1e8, "batch": 16})
                neighbour = None
                if "half a core" in state:
                    neighbour = subprocess.Popen(processes.pinned(own, ["sh", "-c", "while :; do :; done"]))
                    time.sleep(0.1)
                before = kernel_drops(server.port), shed(server)
                try:
                    result = load.run("udp", server.port, path, options.seconds, sockets=64, **how)
                finally:
                    if neighbour:
                        neighbour.kill()
                        neighbour.wait()
                result["kernel_drops"] = kernel_drops(server.port) - before[0]
                result["shed"] = None if before[1] is None else shed(server) - before[1]
                capacity = capacity or int(result["answers"] / result["seconds"])
                rounds.append({"server": server.name, "state": state, "round": number + 1} | result)
        report.note(f"round {number + 1} of {options.rounds}")
    return rounds


def summarise(rounds):
    table = report.Table("Overload", {
        "state": "", "server": "", "asked/s": ",.0f", "answers/s": ",.0f", "÷ capacity": ".2f", "ms p50": ",.2f",
        "ms p99": ",.2f", "dropped by the kernel/s": ",.0f", "shed by the server/s": ",.0f",
    })
    capacities = {}
    for state in dict.fromkeys(entry["state"] for entry in rounds):
        for server in dict.fromkeys(entry["server"] for entry in rounds):
            own = [entry for entry in rounds if (entry["state"], entry["server"]) == (state, server)]

            def middle(read):
                return report.median(read(entry) for entry in own)

            rate = middle(lambda e: e["answers"] / e["seconds"])
            capacities.setdefault(server, rate)
            table.add(
                state, server, middle(lambda e: e["sent"] / e["seconds"]), rate, rate / capacities[server],
                *(middle(lambda e: e["latency_us"][part] / 1_000) for part in ("p50", "p99")),
                middle(lambda e: e["kernel_drops"] / e["seconds"]),
                middle(lambda e: e["shed"] / e["seconds"]) if own[0]["shed"] is not None else None,
            )
    return table


def main():
    options = arguments()
    own, others = processes.cores()
    processes.unpack("nsd", "knot")
    rollcall, load = processes.rollcall(options), processes.Load(processes.tool("load"), others)
    with processes.scratch("overload") as scratch, processes.running([]) as servers:
        servers += [Rollcall(scratch, own), NSD(scratch, own), Knot(scratch, own)]
        servers[0].start(rollcall)
        servers[0].import_lines(questions.registrations())
        zone, _ = questions.zone_file(servers[0].port)
        for server in servers[1:]:
            server.start(zone)
        path = questions.write_queries(os.path.join(scratch, "queries"), questions.ROWS["A"]())
        for server in servers:
            load.run("udp", server.port, path, 0.5)
        rounds = measure(options, servers, path, load, own)
    report.finish(options, [summarise(rounds)], rounds)


if __name__ == "__main__":
    report.start(main)
