#!/usr/bin/env python3
"""Answers per second of server processor time: Rollcall beside NSD, Knot and a bare echo.

Builds Rollcall, unpacks NSD, Knot and dnsperf from Debian's packages when they are missing, gives all
servers the same 1,000 services with 3 instances each, checks their answers, and measures them in turn:
the server on one core, dnsperf on the others. Everything stays on 127.0.0.1 and ends with the script.

Why processor time: load generator and server share a machine, so answers per second say little; what
an answer costs the server repeats well.
"""

import argparse
import datetime
import json
import os
import platform
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile

import questions
from subjects import PEERS, Echo, Knot, NSD, Rollcall

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each server and row")
    parser.add_argument("--seconds", type=int, default=4, help="length of a round")
    parser.add_argument("--rows", default=",".join(questions.ROWS), help="of " + ", ".join(questions.ROWS))
    parser.add_argument("--without-knot", action="store_true")
    parser.add_argument("--rollcall", metavar="FILE", help="a release build; without it one is made")
    parser.add_argument("--json", metavar="FILE", help="write every round there")
    options = parser.parse_args()
    options.rows = options.rows.split(",")
    unknown = set(options.rows) - set(questions.ROWS)
    if unknown or not 1 <= options.rounds <= 100 or not 1 <= options.seconds <= 60:
        parser.error("unknown rows, or rounds not in 1–100, or seconds not in 1–60")
    return options


def build(product, scratch, **environment):
    print(f"building {product}…", file=sys.stderr)
    command = ["swift", "build", "-c", "release", "--product", product, "--scratch-path", scratch]
    result = subprocess.run(
        command, env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if result.returncode:
        raise SystemExit(result.stdout[-4_000:])
    return os.path.abspath(os.path.join(scratch, "release", product))


def load(port, queries, seconds, cores):
    """One dnsperf run: what it counted."""
    command = ["taskset", "-c", ",".join(map(str, cores)), *PEERS, "dnsperf", "-s", "127.0.0.1"]
    command += ["-p", str(port), "-d", queries, "-l", str(seconds), "-c", "8", "-T", "1", "-q", "400"]
    output = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 30).stdout
    completed = int(re.search(r"Queries completed:\s+(\d+)", output)[1])
    lost = int(re.search(r"Queries lost:\s+(\d+)", output)[1])
    seconds = float(re.search(r"Run time \(s\):\s+([\d.]+)", output)[1])
    codes = dict(re.findall(r"([A-Z]+) (\d+) \(", re.search(r"Response codes:(.*)", output)[1]))
    return {"answers": completed, "lost": lost, "seconds": seconds, "codes": codes}


def measure(options, subjects, scratch, cores):
    """All rounds in turn, so that a slow minute of the machine hits every server."""
    rounds = []
    for row in options.rows:
        queries = os.path.join(scratch, f"{row}.queries")
        questions.write_queries(queries, row)
        for subject in subjects:
            load(subject.port, queries, 1, cores)
        for number in range(options.rounds):
            for subject in subjects:
                before = subject.cpu_seconds()
                result = load(subject.port, queries, options.seconds, cores)
                result["cpu_seconds"] = subject.cpu_seconds() - before
                if subject.process.poll() is not None or not result["answers"]:
                    raise SystemExit(f"{subject.name} stopped answering")
                rounds.append({"row": row, "server": subject.name, "round": number + 1} | result)
            print(f"{row}: round {number + 1} of {options.rounds}", file=sys.stderr)
    return rounds


def summarise(rounds):
    """Median and spread by row and server, with ratios to the echo and to NSD of the same row."""
    table = []
    for row in dict.fromkeys(entry["row"] for entry in rounds):
        of_row = [entry for entry in rounds if entry["row"] == row]
        costs = {}
        for server in dict.fromkeys(entry["server"] for entry in of_row):
            own = [entry for entry in of_row if entry["server"] == server]
            costs[server] = sorted(entry["answers"] / entry["cpu_seconds"] for entry in own)
            table.append({
                "row": row,
                "server": server,
                "answers_per_second": statistics.median(e["answers"] / e["seconds"] for e in own),
                "answers_per_cpu_second": statistics.median(costs[server]),
                "lowest": costs[server][0],
                "highest": costs[server][-1],
                "lost": sum(entry["lost"] for entry in own),
            })
        for line in table[-len(costs):]:
            for other in ("echo", "NSD"):
                line[f"to_{other.lower()}"] = line["answers_per_cpu_second"] / statistics.median(costs[other])
    return table


def show(table):
    print("| query | server | answers/s | answers per CPU-second (lowest–highest) | ÷ echo | ÷ NSD |")
    print("|---|---|---:|---:|---:|---:|")
    for line in table:
        print(
            f"| {line['row']} | {line['server']} | {line['answers_per_second']:,.0f} "
            f"| {line['answers_per_cpu_second']:,.0f} ({line['lowest']:,.0f}–{line['highest']:,.0f}) "
            f"| {line['to_echo']:.2f} | {line['to_nsd']:.2f} |"
        )
    lost = {}
    for line in table:
        lost[line["server"]] = lost.get(line["server"], 0) + line["lost"]
    print("\nQueries without an answer: " + ", ".join(f"{name} {count:,}" for name, count in lost.items()))


def machine():
    with open("/proc/cpuinfo") as file:
        model = re.search(r"model name\s*: (.*)", file.read())
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "processor": model[1] if model else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
    }


def main():
    options = arguments()
    os.chdir(REPOSITORY)
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise SystemExit("at least two cores are needed: one for the server, one for the load")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    packages = ["nsd"] + ([] if options.without_knot else ["knot"])
    packages += [] if shutil.which("dnsperf") else ["dnsperf"]
    subprocess.run(["Tests/peers.sh", *packages], check=True, stdout=subprocess.DEVNULL)
    rollcall = options.rollcall and os.path.abspath(options.rollcall) or build("rollcall", ".build")
    echo = build("echo", ".build-echo", WITH_BENCHMARKS="1", ROOMS="echo")

    subjects = []
    with tempfile.TemporaryDirectory(prefix="rollcall-benchmark-") as scratch:
        try:
            subjects = [Echo(scratch, cores[0]), Rollcall(scratch, cores[0]), NSD(scratch, cores[0])]
            subjects += [] if options.without_knot else [Knot(scratch, cores[0])]
            subjects[0].start(echo)
            subjects[1].start(rollcall)
            zone, expected_srv = questions.zone_file(subjects[1].port)
            for subject in subjects[2:]:
                subject.start(zone)
            for subject in subjects[1:]:
                questions.check(subject.name, subject.port, expected_srv)
            rounds = measure(options, subjects, scratch, cores[1:])
        except questions.WrongAnswer as wrong:
            raise SystemExit(f"not measured: {wrong}")
        finally:
            for subject in subjects:
                subject.stop()
    table = summarise(rounds)
    show(table)
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"machine": machine(), "table": table, "rounds": rounds}, file, indent=1)


if __name__ == "__main__":
    main()
