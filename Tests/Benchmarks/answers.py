#!/usr/bin/env python3
"""Answers per second of server processor time: Rollcall beside NSD, Knot and a bare echo.

Gives all servers the same 1,000 services with 3 instances each, checks their answers to every question, and measures
them in turn: the server on one core with one worker, the load on the others. dnsperf asks; over TCP it sends each
question in a packet of its own. The rows "in bulk" are asked by our own generator, which fills connections with many
questions at once. Everything stays on 127.0.0.1 and ends with the script.

Why processor time: load generator and server share a machine, so answers per second say little; what an answer costs the
server repeats well.
"""

import os
import re
import subprocess

import processes
import questions
import report
from processes import PEERS
from subjects import Echo, Knot, NSD, Rollcall

# A row of the table: its questions, how many sockets ask them, and how.
ROWS = {name: (name, 8, "udp") for name in questions.ROWS}
ROWS |= {"A, 400 sockets": ("A", 400, "udp"), "mix, 400 sockets": ("mix", 400, "udp")}
ROWS |= {"A, TCP": ("A", 8, "tcp"), "A, TCP in bulk": ("A", 8, "bulk")}
WINDOW = 400


def arguments():
    parser = report.parser(__doc__)
    parser.add_argument("--rounds", type=int, help="rounds of each server and row (5)")
    parser.add_argument("--seconds", type=float, help="length of a round (1.2)")
    parser.add_argument("--rows", default=";".join(ROWS), help="some of: " + "; ".join(ROWS))
    options = parser.parse_args()
    options.rounds = options.rounds or (2 if options.quick else 5)
    options.seconds = options.seconds or (1 if options.quick else 1.2)
    options.rows = [row.strip() for row in options.rows.split(";")]
    if set(options.rows) - set(ROWS) or not 1 <= options.rounds <= 100 or not 0.5 <= options.seconds <= 60:
        parser.error("unknown rows, or rounds not in 1–100, or seconds not in 0.5–60")
    return options


def dnsperf(transport, port, path, seconds, sockets, to):
    """One run: what it counted."""
    command = [*PEERS, "dnsperf", "-m", transport, "-s", "127.0.0.1", "-p", str(port), "-d", path, "-B", "-T", "1"]
    command += ["-c", str(sockets), "-q", str(WINDOW), "-l", str(seconds)]
    command = processes.pinned(to, command)
    output = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 30).stdout
    found = {}
    for name, pattern in (("answers", r"completed:\s+(\d+)"), ("lost", r"lost:\s+(\d+)")):
        found[name] = int(re.search("Queries " + pattern, output)[1])
    found["seconds"] = float(re.search(r"Run time \(s\):\s+([\d.]+)", output)[1])
    return found


def measure(options, subjects, scratch, load):
    """All rounds in turn, so that a slow minute of the machine hits every server."""
    rounds = []
    for row in options.rows:
        asked, sockets, transport = ROWS[row]
        path = questions.write_queries(os.path.join(scratch, "queries"), questions.ROWS[asked]())

        def once(subject, seconds):
            if transport == "bulk":
                return load.run("tcp", subject.port, path, seconds, sockets=sockets, window=WINDOW)
            return dnsperf(transport, subject.port, path, seconds, sockets, load.cores)

        able = [subject for subject in subjects if transport == "udp" or subject.name != "echo"]
        for subject in able:
            once(subject, 0.5)
        for number in range(options.rounds):
            for subject in able:
                before = subject.cpu_seconds()
                result = once(subject, options.seconds)
                result["cpu_seconds"] = subject.cpu_seconds() - before
                if subject.process.poll() is not None or not result["answers"]:
                    raise SystemExit(f"{subject.name} stopped answering")
                rounds.append({"row": row, "server": subject.name, "round": number + 1} | result)
        report.note(f"{row}: {options.rounds} rounds")
    return rounds


def summarise(rounds):
    """Median and spread by row and server, with ratios to the echo and to the better of the others."""
    table = report.Table("Answers", {
        "question": "", "server": "", "answers/s": ",.0f", "answers per CPU-second": ",.0f", "lowest": ",.0f",
        "highest": ",.0f", "lost": ",", "÷ echo": ".2f", "÷ better of NSD and Knot": ".2f",
    })
    for row in dict.fromkeys(entry["row"] for entry in rounds):
        of_row = [entry for entry in rounds if entry["row"] == row]
        own = {}
        for entry in of_row:
            own.setdefault(entry["server"], []).append(entry)
        rates = {server: [e["answers"] / e["cpu_seconds"] for e in entries] for server, entries in own.items()}
        medians = {server: report.median(values) for server, values in rates.items()}
        better = max(medians[server] for server in ("NSD", "Knot"))
        for server, entries in own.items():
            table.add(
                row, server, report.median(e["answers"] / e["seconds"] for e in entries), medians[server],
                min(rates[server]), max(rates[server]), sum(e["lost"] for e in entries),
                medians[server] / medians["echo"] if "echo" in medians else None, medians[server] / better,
            )
    return table


def main():
    options = arguments()
    own, others = processes.cores()
    processes.unpack("nsd", "knot", "dnsperf")
    rollcall, echo = processes.rollcall(options), processes.tool("echo")
    load = processes.Load(processes.tool("load"), others)
    with processes.scratch("answers") as scratch, processes.running([]) as subjects:
        subjects += [Echo(scratch, own), Rollcall(scratch, own), NSD(scratch, own), Knot(scratch, own)]
        subjects[0].start(echo)
        subjects[1].start(rollcall)
        subjects[1].import_lines(questions.registrations())
        try:
            zone, expected_srv = questions.zone_file(subjects[1].port)
            for subject in subjects[2:]:
                subject.start(zone)
            for subject in subjects[1:]:
                for row in questions.ROWS.values():
                    questions.check(subject.name, subject.port, row(), expected_srv)
                questions.check(subject.name, subject.port, questions.ROWS["A"]()[:100], expected_srv, over_tcp=True)
        except questions.WrongAnswer as wrong:
            raise SystemExit(f"not measured: {wrong}")
        rounds = measure(options, subjects, scratch, load)
    report.finish(options, [summarise(rounds)], rounds, [
        "Rollcall sends replies of one batch to one client together (`UDP_SEGMENT`); the echo and the others send each by "
        "itself. From 8 sockets that is most replies, from 400 few: compare both."
    ])


if __name__ == "__main__":
    report.start(main)
