#!/usr/bin/env python3
"""A million instances in 100,000 services: loading, memory, restarting, and what an answer costs among so many.

The large catalog is imported in parts of 50,000 lines into a Rollcall on disk, which is stopped and started again. The
clock of the restart runs from the start of the process until a right answer to a question about one of the services. Then
its answers are measured in turn with those of a Rollcall that has 1,000 services of the same size: each asked about all its
services, in random order, and the large one also about 1,000 of its services only. One worker on one core, as in
answers.py.

Memory is the resident set, less that of a server without instances. "After the import" includes what importing took.
"""

import os
import time

import processes
import questions
import report
from subjects import Rollcall

PART_LINES = 50_000
SMALL_SERVICES = 1_000


def arguments():
    parser = report.parser(__doc__)
    parser.add_argument("--instances", type=int, help="of the large catalog (1,000,000)")
    parser.add_argument("--instances-per-service", type=int, default=10)
    parser.add_argument("--rounds", type=int, help="rounds of answers (5)")
    parser.add_argument("--seconds", type=float, help="length of a round (1.5)")
    options = parser.parse_args()
    options.instances = options.instances or (100_000 if options.quick else 1_000_000)
    options.rounds = options.rounds or (2 if options.quick else 5)
    options.seconds = options.seconds or (1 if options.quick else 1.5)
    options.services = options.instances // options.instances_per_service
    if not SMALL_SERVICES <= options.services or options.instances > 1_900_000:
        parser.error("there must be at least 1,000 services, and at most 1,900,000 instances")
    return options


def fill(server, services, each):
    """Imports all instances; what it took."""
    before, seconds = server.cpu_seconds(), 0.0
    step = max(1, PART_LINES // each)
    for first in range(0, services, step):
        lines = list(questions.registrations(range(first, min(first + step, services)), each))
        start = time.perf_counter()
        server.import_lines(lines)
        seconds += time.perf_counter() - start
        report.note(f"imported {min(first + step, services) * each:,} instances")
    return {"seconds": seconds, "cpu_seconds": server.cpu_seconds() - before}


def is_right(server, number, each):
    reply = questions.ask(server.port, questions.owner(number), questions.A)
    return questions.texts(reply.answer, questions.A) == sorted(questions.addresses(number, each))


def restart(server, binary, options):
    """Stops and starts; seconds and processor time until the first right answer."""
    start = time.perf_counter()
    server.stop()
    stopped = time.perf_counter()
    server.start(binary, data="data", seconds=600)
    server.wait(lambda: is_right(server, options.services // 2, options.instances_per_service), 60)
    return {
        "stop_seconds": stopped - start,
        "seconds": time.perf_counter() - stopped,
        "cpu_seconds": server.cpu_seconds(),
    }


def folder_bytes(folder):
    paths = (os.path.join(folder, name) for name in os.listdir(folder))
    return sum(os.path.getsize(path) for path in paths if os.path.isfile(path))


def ask(options, small, large, scratch, load):
    """Rounds of answers in turn, by what is asked."""
    kinds = (
        ("1,000 services", small, range(SMALL_SERVICES)),
        (f"{options.services:,} services", large, range(options.services)),
        (f"1,000 of {options.services:,}", large, range(0, options.services, options.services // SMALL_SERVICES)),
    )
    files = {}
    for kind, server, numbers in kinds:
        order = [numbers[position] for position in questions.shuffled(kind, len(numbers))]
        path = os.path.join(scratch, f"queries-{len(files)}")
        asked = (questions.Question(questions.owner(number), questions.A) for number in order)
        files[kind] = questions.write_queries(path, asked)
        wrong = [number for number in order[:200] if not is_right(server, number, options.instances_per_service)]
        if wrong:
            raise SystemExit(f"not measured: {questions.owner(wrong[0])} is answered wrongly")
        # Once through all names, so that their pages are there.
        load.run("udp", server.port, files[kind], max(0.5, len(numbers) / 100_000))
    rounds = []
    for number in range(options.rounds):
        for kind, server, _ in kinds:
            before = server.cpu_seconds()
            result = load.run("udp", server.port, files[kind], options.seconds, sockets=64)
            result["cpu_seconds"] = server.cpu_seconds() - before
            if set(result["codes"]) != {"0"}:
                raise SystemExit(f"{kind}: codes {result['codes']}")
            rounds.append({"asked": kind, "round": number + 1} | result)
    return rounds


def show(options, facts, rounds):
    count = options.instances
    sizes = report.Table(f"{count:,} instances in {options.services:,} services", {"": "", "all": "", "an instance": ""})

    def per(seconds):
        return f"{1e6 * seconds / count:.1f} µs"

    sizes.add("import", f"{facts['import']['seconds']:.1f} s", per(facts["import"]["seconds"]))
    sizes.add("CPU of the import", f"{facts['import']['cpu_seconds']:.1f} s", per(facts["import"]["cpu_seconds"]))
    sizes.add("restart until a right answer", f"{facts['restart']['seconds']:.1f} s", per(facts["restart"]["seconds"]))
    sizes.add("CPU of the restart", f"{facts['restart']['cpu_seconds']:.1f} s", per(facts["restart"]["cpu_seconds"]))
    sizes.add("stop before it", f"{facts['restart']['stop_seconds']:.1f} s", "")
    for label, name in (
        ("resident after the import", "resident_after_import"), ("resident after the restart", "resident_after_restart"),
        ("answer table", "table_bytes"), ("data folder", "folder_bytes"),
    ):
        sizes.add(label, f"{facts[name] / 2**20:,.0f} MiB", f"{facts[name] / count:,.0f} bytes")

    answers = report.Table("Answers among many", {
        "asked": "", "answers/s": ",.0f", "answers per CPU-second": ",.0f", "÷ 1,000 services": ".2f",
    })
    first = None
    for kind in dict.fromkeys(entry["asked"] for entry in rounds):
        own = [entry for entry in rounds if entry["asked"] == kind]
        rate = report.median(entry["answers"] / entry["cpu_seconds"] for entry in own)
        first = first or rate
        answers.add(kind, report.median(entry["answers"] / entry["seconds"] for entry in own), rate, rate / first)
    return [sizes, answers]


def main():
    options = arguments()
    own, others = processes.cores()
    rollcall, load = processes.rollcall(options), processes.Load(processes.tool("load"), others)
    each = options.instances_per_service
    with processes.scratch("scale") as scratch, processes.running([]) as servers:
        large = Rollcall(os.path.join(scratch, "large"), own + others)
        small = Rollcall(os.path.join(scratch, "small"), own)
        servers += [large, small]
        # To load, the server has all cores.
        large.start(rollcall, data="data")
        empty = large.resident_bytes()
        facts = {"import": fill(large, options.services, each)}
        facts["resident_after_import"] = large.resident_bytes() - empty
        facts["restart"] = restart(large, rollcall, options)
        facts["resident_after_restart"] = large.resident_bytes() - empty
        facts["table_bytes"] = large.metrics()["rollcall_table_bytes"]
        facts["folder_bytes"] = folder_bytes(large.path("data"))
        large.cores = own
        small.start(rollcall)
        small.import_lines(questions.registrations(range(SMALL_SERVICES), each))
        path = questions.write_queries(os.path.join(scratch, "queries"), questions.ROWS["A"]())
        large.give_worker_its_own_core(lambda: load.run("udp", large.port, path, 0.5), others)
        rounds = ask(options, small, large, scratch, load)
    report.finish(options, show(options, facts, rounds), [facts, *rounds])


if __name__ == "__main__":
    report.start(main)
