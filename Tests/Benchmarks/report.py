"""What a benchmark prints and writes: the common options, tables, and the facts of the machine."""

import argparse
import datetime
import json
import os
import platform
import re
import signal
import statistics
import subprocess
import sys
import time

import processes


def parser(description):
    """Options that every script here has."""
    made = argparse.ArgumentParser(description=description.split("\n\n")[0])
    made.add_argument("--rollcall", metavar="FILE", help="a release build; without it one is made")
    made.add_argument("--json", metavar="FILE", help="write the tables and every round there")
    made.add_argument("--quick", action="store_true", help="fewer and shorter rounds: rough figures")
    return made


def start(main):
    """Runs a script's `main` so that it cleans up however it is ended."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # A shell that starts this in the background has it ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(processes.REPOSITORY)
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)


def note(text):
    print(text, file=sys.stderr, flush=True)


def median(values):
    values = list(values)
    return statistics.median(values) if values else 0


class Table:
    """A table for people, in Markdown, and its rows for programs."""

    def __init__(self, title, columns):
        """`columns` maps a heading to the format of its numbers, such as `,.0f`; empty for text."""
        self.title, self.columns, self.rows = title, columns, []

    def add(self, *values):
        self.rows.append(values)

    def cells(self, row):
        for value, form in zip(row, self.columns.values()):
            yield "–" if value is None else format(value, form) if form else str(value)

    def show(self):
        print(f"\n### {self.title}\n")
        print("| " + " | ".join(self.columns) + " |")
        print("|" + "|".join("---:" if form else "---" for form in self.columns.values()) + "|")
        for row in self.rows:
            print("| " + " | ".join(self.cells(row)) + " |", flush=True)

    def records(self):
        rows = [dict(zip(self.columns, row)) for row in self.rows]
        return {"title": self.title, "rows": rows}


def finish(options, tables, rounds, notes=()):
    """Prints the tables and writes the file that was asked for."""
    for table in tables:
        table.show()
    for text in notes:
        print(f"\n{text}")
    sys.stdout.flush()
    if options.json:
        content = {"machine": machine(), "tables": [table.records() for table in tables], "notes": list(notes)}
        with open(options.json, "w") as file:
            json.dump(content | {"rounds": rounds}, file, indent=1)


def output(*command):
    """The first line that a command prints; empty when there is no such command."""
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return ((result.stdout + result.stderr).strip().splitlines() or [""])[0]


def machine():
    with open("/proc/cpuinfo") as file:
        model = re.search(r"model name\s*: (.*)", file.read())
    with open("/proc/meminfo") as file:
        memory = int(re.search(r"MemTotal:\s+(\d+)", file.read())[1]) * 1024
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "processor": model[1] if model else platform.machine(),
        "architecture": platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_bytes": memory,
        "kernel": platform.release(),
        "load_average": os.getloadavg()[0],
        "commit": output("git", "rev-parse", "--short", "HEAD"),
        "has_uncommitted_changes": bool(output("git", "status", "--porcelain", "--", "Sources", "Tests")),
    }


def disk(folder):
    """The kind of file system, and the milliseconds that a small write takes to reach the disk."""
    kind = output("stat", "-f", "-c", "%T", folder)
    path = os.path.join(folder, "disk")
    taken = []
    with open(path, "wb", buffering=0) as file:
        for _ in range(50):
            start = time.perf_counter()
            file.write(b"x" * 4_096)
            os.fdatasync(file.fileno())
            taken.append(time.perf_counter() - start)
    os.remove(path)
    return {"file_system": kind, "sync_milliseconds": round(1_000 * median(taken), 3)}
