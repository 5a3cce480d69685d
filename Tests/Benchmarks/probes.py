#!/usr/bin/env python3
"""What health checks cost: Rollcall's processor time for each HTTP probe, and how late probes begin.

A new Rollcall for each number of checks, on the first core, is given as many instances by POST /import, each with one
HTTP check of interval 10 s, and is measured after every check has passed and another interval has gone by. nginx from
Debian's packages answers on the other cores, at 200 addresses of 127.77.0.0/16. A probe that does not pass makes the
run fail.

Each probe is a new connection, whose port stays taken for a minute on the side that closes first: with this many
target addresses far from any limit.
"""

import json
import os
import subprocess
import time
import urllib.request

import processes
import report
from subjects import Rollcall

INTERVAL_SECONDS = 10
ADDRESSES = [f"127.77.0.{number}" for number in range(1, 201)]
IMPORT_LINES = 5_000
PASSING = 'rollcall_probes_total{type="http",result="passing"}'


def arguments():
    parser = report.parser(__doc__)
    parser.add_argument("--checks", help="numbers of checks, in turn (1000,10000,50000)")
    parser.add_argument("--seconds", type=int, help="length of a measurement (30)")
    parser.add_argument("--perf", metavar="FILE", help="write a profile of each measurement to FILE.CHECKS")
    options = parser.parse_args()
    checks = options.checks or ("1000,10000" if options.quick else "1000,10000,50000")
    options.checks = [int(count) for count in checks.split(",")]
    options.seconds = options.seconds or (10 if options.quick else 30)
    if not all(1 <= count <= 1_000_000 for count in options.checks) or not 1 <= options.seconds <= 600:
        parser.error("numbers of checks not in 1–1,000,000, or seconds not in 1–600")
    return options


class Target(processes.Subject):
    """nginx, which answers everything with two bytes and closes."""

    name = "nginx"

    def start(self):
        self.port = processes.free_port()
        listens = " ".join(f"listen {address}:{self.port} backlog=4096;" for address in ADDRESSES)
        folders = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        paths = " ".join(f"{name}_temp_path {self.path(name)};" for name in folders)
        configuration = f"""
daemon off; worker_processes 1; worker_rlimit_nofile 8192; pid {self.path('pid')}; error_log stderr error;
events {{ worker_connections 8000; }}
http {{ access_log off; keepalive_timeout 0; {paths}
server {{ {listens} location / {{ default_type text/plain; return 200 "ok"; }} }} }}
"""
        self.launch([*processes.PEERS, "nginx", "-p", self.folder, "-c", self.write("nginx.conf", configuration)])
        self.wait(lambda: urllib.request.urlopen(f"http://{ADDRESSES[0]}:{self.port}/", timeout=5).read() == b"ok")


def registrations(count, port):
    for number in range(count):
        yield json.dumps({
            "service": f"probed-{number // 10}",
            "id": f"probed-{number}",
            "host": ADDRESSES[number % len(ADDRESSES)],
            "port": port,
            "checks": [{"http": "/health", "interval": f"{INTERVAL_SECONDS}s"}],
        }) + "\n"


def register(server, count, port):
    lines = list(registrations(count, port))
    for first in range(0, count, IMPORT_LINES):
        server.import_lines(lines[first : first + IMPORT_LINES])


def wait_until_warm(server, count):
    """Every check has been probed, and the first round is over."""
    end = time.monotonic() + 60 + 6 * INTERVAL_SECONDS
    while server.metrics().get(PASSING, 0) < count:
        if time.monotonic() > end:
            raise SystemExit(f"the first round of {count:,} probes did not end: {server.metrics()}")
        time.sleep(0.5)
    time.sleep(INTERVAL_SECONDS)


def lateness(before, after):
    """p50, p99 and the greatest, as upper bounds of the histogram's buckets in milliseconds."""
    prefix = 'rollcall_probe_lateness_seconds_bucket{le="'
    counts = sorted(
        (float(name[len(prefix) :].rstrip('"}')), value - before.get(name, 0))
        for name, value in after.items()
        if name.startswith(prefix)
    )
    total = counts[-1][1]
    return [1_000 * next(bound for bound, below in counts if below >= share * total) for share in (0.5, 0.99, 1)]


def ended(samples):
    return sum(value for name, value in samples.items() if name.startswith("rollcall_probes_total{"))


def seconds_by_kind(server):
    """User and system time of the whole process."""
    with open(f"/proc/{server.process.pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return int(fields[11]) / processes.TICKS, int(fields[12]) / processes.TICKS


def thread_names(server):
    names = {}
    for thread in os.listdir(f"/proc/{server.process.pid}/task"):
        with open(f"/proc/{server.process.pid}/task/{thread}/comm") as file:
            names[int(thread)] = file.read().strip()
    return names


def record(server, path, seconds):
    command = ["perf", "record", "-q", "--call-graph", "fp", "-F", "499", "-o", path, "-p", str(server.process.pid)]
    return subprocess.Popen([*command, "--", "sleep", str(seconds)])


def measure(server, count, port, options):
    empty = server.resident_bytes()
    start = time.monotonic()
    register(server, count, port)
    importing = time.monotonic() - start
    wait_until_warm(server, count)
    recorder = record(server, f"{options.perf}.{count}", options.seconds) if options.perf else None
    before, threads_before, user, system = server.metrics(), server.thread_seconds(), *seconds_by_kind(server)
    begin, in_flight = time.monotonic(), 0
    while time.monotonic() < begin + options.seconds:
        time.sleep(1)
        in_flight = max(in_flight, server.metrics()["rollcall_probes_in_flight"])
    after, threads_after, (user_after, system_after) = server.metrics(), server.thread_seconds(), seconds_by_kind(server)
    seconds = time.monotonic() - begin
    if recorder:
        recorder.wait(60)
    done = ended(after) - ended(before)
    if not done:
        raise SystemExit("no probe ended")
    by_thread = {}
    names = thread_names(server)
    for thread, now in threads_after.items():
        name = names.get(thread, "gone")
        by_thread[name] = by_thread.get(name, 0) + (now - threads_before.get(thread, 0)) * 1e6 / done
    p50, p99, worst = lateness(before, after)
    return {
        "checks": count,
        "importing_seconds": importing,
        "seconds": seconds,
        "probes": done,
        "not_passing": done - (after[PASSING] - before.get(PASSING, 0)),
        "user_microseconds": 1e6 * (user_after - user) / done,
        "system_microseconds": 1e6 * (system_after - system) / done,
        "microseconds_by_thread": {name: cost for name, cost in by_thread.items() if cost >= 0.5},
        "late_ms": {"p50": p50, "p99": p99, "max": worst},
        "in_flight_max_seen": in_flight,
        "resident_bytes_per_check": (server.resident_bytes() - empty) / count,
    }


def table(rounds):
    made = report.Table("HTTP probes", {
        "checks": ",.0f",
        "probes/s": ",.0f",
        "not passing": ",.0f",
        "CPU µs a probe": ",.0f",
        "in user space": ",.0f",
        "probes per CPU-second": ",.0f",
        "late ≤ ms, p50": ",.0f",
        "p99": ",.0f",
        "max": ",.0f",
        "in flight": ",.0f",
        "resident bytes a check": ",.0f",
    })
    for row in rounds:
        cost = row["user_microseconds"] + row["system_microseconds"]
        late = row["late_ms"]
        made.add(
            row["checks"],
            row["probes"] / row["seconds"],
            row["not_passing"],
            cost,
            row["user_microseconds"],
            1e6 / max(cost, 1e-3),
            late["p50"],
            late["p99"],
            late["max"],
            row["in_flight_max_seen"],
            row["resident_bytes_per_check"],
        )
    return made


def main():
    options = arguments()
    server_cores, other_cores = processes.cores()
    processes.unpack("nginx")
    binary = processes.rollcall(options)
    rounds = []
    with processes.scratch("probes") as scratch, processes.running([]) as subjects:
        target = Target(scratch, other_cores)
        subjects.append(target)
        target.start()
        for count in options.checks:
            server = Rollcall(os.path.join(scratch, str(count)), server_cores)
            subjects.append(server)
            server.start(binary)
            rounds.append(measure(server, count, target.port, options))
            server.stop()
            report.note(f"{count:,} checks measured")
    report.finish(options, [table(rounds)], rounds)
    if any(row["not_passing"] for row in rounds):
        raise SystemExit("some probes did not pass")


if __name__ == "__main__":
    report.start(main)
