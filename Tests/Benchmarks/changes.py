#!/usr/bin/env python3
"""What 1,000 changes a second do to the answers: their cost and their latency.

One Rollcall, its catalog on disk, answers for 1,000 services with 3 instances each. Three states are measured in turn:

- idle: nothing changes;
- elsewhere: the changes go to a second Rollcall that nobody asks. What this costs is the machine's, not the server's;
- changing: the changes go to the server that is asked.

A change is, in turn, a registration of an instance at another address and a flip of an instance's check, both over kept
HTTP connections. "spread" changes all services, which are asked too; "one of 10,000" changes the instances of a single
service that has 10,000 of them, while the other services are asked.

Answers are counted by the processor time of the thread that gives them, which has a core to itself. Everything else, the
load included, has the others. Latency is measured at a fixed rate far below saturation, to the kernel's timestamp of the
answer's arrival.
"""

import itertools
import os
import time

import processes
import questions
import registering
import report
from subjects import Rollcall

RATE = 20_000
CHANGES_PER_SECOND = 1_000
CONNECTIONS = 16
LARGE = 10_000
CASES = ("spread", "one of 10,000")


def arguments():
    parser = report.parser(__doc__)
    parser.add_argument("--rounds", type=int, help="rounds of each state (3)")
    parser.add_argument("--seconds", type=float, help="length of a round (1.5)")
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 3)
    options.seconds = options.seconds or (1 if options.quick else 1.5)
    return options


def name(case, number):
    return questions.service(number % questions.SERVICES) if case == "spread" else "large"


def size(case):
    return questions.SERVICES if case == "spread" else LARGE


def instance(case, number):
    """Its id. Even ones move, odd ones have a check."""
    return f"{case.split()[0]}-{number}"


def prepare(server):
    """Registers what is asked, and the instances that change."""
    server.import_lines(questions.registrations())
    for case in CASES:
        server.import_lines(
            registering.line(name(case, number), instance(case, number), f"10.200.{number >> 8}.{number & 255}", number % 2)
            for number in range(size(case))
        )


def changes(case):
    """Moves and flips in turn, without end; each changes something."""
    for step in itertools.count():
        # All are gone through in an order that is not that of their names, then again.
        turn, position = divmod(step // 2, size(case) // 2)
        number = position * 7919 % (size(case) // 2) * 2 + step % 2
        if step % 2:
            yield registering.flip(instance(case, number), "fail" if turn % 2 else "pass")
        else:
            address = f"10.{201 + turn % 50}.{number >> 8}.{number & 255}"
            yield registering.move(name(case, number), instance(case, number), address)


def measure_once(server, writing, load, seconds, how):
    """Asks for a while, with changes from shortly before until shortly after."""
    if writing:
        writer = load.start("http", *writing, seconds + 0.4, sockets=CONNECTIONS, rate=CHANGES_PER_SECOND)
        time.sleep(0.2)
    worker, all_threads = server.thread_seconds()[server.worker], server.cpu_seconds()
    result = load.run("udp", server.port, server.asked, seconds, **how)
    result["worker_seconds"] = server.thread_seconds()[server.worker] - worker
    result["other_seconds"] = server.cpu_seconds() - all_threads - result["worker_seconds"]
    if writing:
        result["changes"] = load.result(writer, seconds + 30)
        if set(result["changes"]["codes"]) != {"200"}:
            raise SystemExit(f"changes were refused: {result['changes']['codes']}")
    return result


def measure(options, servers, scratch, load):
    rounds = []
    for case in CASES:
        # The two servers are changed in the same way.
        steps = [changes(case) for _ in servers]
        for number in range(options.rounds):
            for state, target in (("idle", None), ("elsewhere", 1), ("changing", 0)):
                result = {}
                for kind, how in (("saturated", {"window": 400, "sockets": 64}), ("paced", {"rate": RATE, "sockets": 64})):
                    writing = None
                    if target is not None:
                        path = os.path.join(scratch, "changes")
                        count = int((options.seconds + 1) * CHANGES_PER_SECOND)
                        registering.write_requests(path, itertools.islice(steps[target], count))
                        writing = servers[target].http_port, path
                    result[kind] = measure_once(servers[0], writing, load, options.seconds, how)
                rounds.append({"case": case, "state": state, "round": number + 1} | result)
            report.note(f"{case}: round {number + 1} of {options.rounds}")
    return rounds


def summarise(rounds):
    table = report.Table("Answers while the catalog changes", {
        "changed": "", "state": "", "changes/s": ",.0f", "ms p99 of a change": ",.1f",
        "CPU µs of a change": ",.0f", "answers per worker-CPU-second": ",.0f", "÷ idle": ".2f", "answers/s": ",.0f",
        "µs p50": ",.0f", "µs p99": ",.0f", "p99 ÷ idle": ".2f", "p99 ÷ elsewhere": ".2f",
    })
    for case in dict.fromkeys(entry["case"] for entry in rounds):
        seen = {}
        for state in ("idle", "elsewhere", "changing"):
            own = [entry for entry in rounds if (entry["case"], entry["state"]) == (case, state)]

            def middle(read):
                return report.median(read(entry) for entry in own)

            rate = middle(lambda e: e["saturated"]["answers"] / e["saturated"]["worker_seconds"])
            p99 = middle(lambda e: e["paced"]["latency_us"]["p99"])
            seen[state] = (rate, p99)
            written = [None, None, None]
            if state != "idle":
                written[0] = middle(lambda e: e["paced"]["changes"]["answers"] / e["paced"]["changes"]["seconds"])
                written[1] = middle(lambda e: e["paced"]["changes"]["latency_us"]["p99"] / 1_000)
            if state == "changing":
                written[2] = middle(lambda e: e["paced"]["other_seconds"] / e["paced"]["seconds"] * 1e6) / written[0]
            table.add(
                case, state, *written, rate, rate / seen["idle"][0],
                middle(lambda e: e["saturated"]["answers"] / e["saturated"]["seconds"]),
                middle(lambda e: e["paced"]["latency_us"]["p50"]), p99, p99 / seen["idle"][1],
                p99 / seen["elsewhere"][1] if "elsewhere" in seen else None,
            )
    return table


def main():
    options = arguments()
    own, others = processes.cores()
    rollcall, load = processes.rollcall(options), processes.Load(processes.tool("load"), others)
    with processes.scratch("changes") as scratch, processes.running([]) as servers:
        asked = questions.write_queries(os.path.join(scratch, "queries"), questions.ROWS["A"]())
        for number in range(2):
            server = Rollcall(os.path.join(scratch, str(number)), own if number == 0 else others)
            servers.append(server)
            # The first is started on all cores, so that it has the threads of a server that is not pinned.
            server.cores = own + others if number == 0 else others
            server.start(rollcall, data="data")
            server.asked = asked
            prepare(server)
        servers[0].cores = own
        servers[0].worker = servers[0].give_worker_its_own_core(
            lambda: load.run("udp", servers[0].port, asked, 0.5), others
        )
        rounds = measure(options, servers, scratch, load)
    rate = report.median(entry["paced"]["answers"] / entry["paced"]["seconds"] for entry in rounds)
    report.finish(options, [summarise(rounds)], rounds, [f"Latency at {rate:,.0f} questions a second."])


if __name__ == "__main__":
    report.start(main)
