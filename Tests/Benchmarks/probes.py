#!/usr/bin/env python3
"""What health checks cost: processor time of Rollcall for each HTTP probe, and how late probes begin.

Builds Rollcall when no binary is given and unpacks nginx from Debian's packages when it is missing. nginx answers on
200 addresses of 127.77.0.0/16, on the last core; Rollcall runs on the first. For each number of checks a new Rollcall
gets as many instances by POST /import, one HTTP check each with an interval of 10 s, and is measured once every check
has passed and another interval has gone by. A probe that fails makes the run fail.

Each probe is a new connection. The port on Rollcall's side stays in use for a minute on the side that closes first;
many target addresses keep that far from any limit. Everything stays on loopback and ends with the script.
"""

import argparse
import collections
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

from answers import REPOSITORY, build, machine
from subjects import PEERS, TICKS, Subject, free_port

INTERVAL_SECONDS = 10
ADDRESSES = [f"127.77.0.{number}" for number in range(1, 201)]
IMPORT_LINES = 5_000


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--checks", default="1000,10000,50000", help="numbers of checks, in turn")
    parser.add_argument("--seconds", type=int, default=30, help="length of a measurement")
    parser.add_argument("--rollcall", metavar="FILE", help="a release build; without it one is made")
    parser.add_argument("--perf", metavar="FILE", help="record a profile of each measurement to FILE.<checks>")
    parser.add_argument("--json", metavar="FILE", help="write the table there; - is standard output")
    options = parser.parse_args()
    options.checks = [int(count) for count in options.checks.split(",")]
    if not all(1 <= count <= 1_000_000 for count in options.checks) or not 1 <= options.seconds <= 600:
        parser.error("numbers of checks not in 1–1,000,000, or seconds not in 1–600")
    return options


class Target(Subject):
    """nginx, which answers everything with two bytes and closes."""

    name = "nginx"

    def start(self):
        listens = " ".join(f"listen {address}:{self.port} backlog=4096;" for address in ADDRESSES)
        folders = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        paths = " ".join(f"{name}_temp_path {self.path(name)};" for name in folders)
        self.launch([*PEERS, "nginx", "-p", self.folder, "-c", self.write("nginx.conf", f"""
daemon off; worker_processes 1; worker_rlimit_nofile 8192; pid {self.path('pid')}; error_log stderr error;
events {{ worker_connections 8000; }}
http {{ access_log off; keepalive_timeout 0; {paths}
server {{ {listens} location / {{ default_type text/plain; return 200 "ok"; }} }} }}
""")])
        self.wait(lambda: urllib.request.urlopen(f"http://{ADDRESSES[0]}:{self.port}/", timeout=5).read() == b"ok")


class Prober(Subject):
    """Rollcall, with its catalog in memory."""

    name = "Rollcall"

    def start(self, binary):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ROLLCALL_")}
        self.launch(
            [binary, "serve", "--ephemeral", "--workers", "1", "--log-level", "warning"]
            + ["--dns-listen", "127.0.0.1:0", "--http-listen", f"127.0.0.1:{self.port}", "--zones-dir", self.folder],
            stdout=subprocess.DEVNULL,
            env=environment,
        )
        self.wait(lambda: self.request("/health"))

    def request(self, path, body=None):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", data=body, timeout=60) as reply:
            return reply.read()

    def register(self, count, target_port):
        for first in range(0, count, IMPORT_LINES):
            lines = []
            for number in range(first, min(first + IMPORT_LINES, count)):
                check = {"http": "/health", "interval": f"{INTERVAL_SECONDS}s"}
                lines.append(json.dumps({
                    "service": f"probed-{number // 10}",
                    "id": f"probed-{number}",
                    "host": ADDRESSES[number % len(ADDRESSES)],
                    "port": target_port,
                    "checks": [check],
                }))
            reply = json.loads(self.request("/import", "\n".join(lines).encode()))
            if reply["imported"] != len(lines):
                raise SystemExit(f"not imported: {reply}")

    def metrics(self):
        """Samples by name and labels, as they are spelled on the page."""
        samples = {}
        for line in self.request("/metrics").decode().splitlines():
            if line and not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                samples[name] = float(value)
        return samples

    def threads(self):
        """Processor seconds, user and system, by thread."""
        seconds = {}
        folder = f"/proc/{self.process.pid}/task"
        for thread in os.listdir(folder):
            with open(f"{folder}/{thread}/stat") as file:
                head, fields = file.read().rsplit(")", 1)
            fields = fields.split()
            key = (head.split("(", 1)[1], thread)
            seconds[key] = (int(fields[11]) / TICKS, int(fields[12]) / TICKS)
        return seconds

    def resident_bytes(self):
        with open(f"/proc/{self.process.pid}/status") as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1]) * 1024


def probes(samples, result=""):
    """Probes that ended, of one result or all."""
    return sum(
        value
        for name, value in samples.items()
        if name.startswith("rollcall_probes_total{") and f'result="{result}' in name
    )


def wait_until_warm(prober, count):
    """Every check has been probed, and the first round is over."""
    end = time.monotonic() + 60 + 6 * INTERVAL_SECONDS
    while probes(prober.metrics(), "passing") < count:
        if time.monotonic() > end:
            raise SystemExit(f"the first round of {count:,} probes did not end: {prober.metrics()}")
        time.sleep(0.5)
    time.sleep(INTERVAL_SECONDS)


def lateness(before, after):
    """p50, p99 and the greatest, as upper bounds of the histogram's buckets in milliseconds."""
    counts = []
    for name in after:
        bound = re.match(r'rollcall_probe_lateness_seconds_bucket\{le="([^"]+)"\}', name)
        if bound:
            counts.append((float(bound[1].replace("+Inf", "inf")), after[name] - before.get(name, 0)))
    counts.sort()
    total = counts[-1][1]

    def bound(share):
        return 1_000 * next(limit for limit, below in counts if below >= share * total)

    return {"p50": bound(0.5), "p99": bound(0.99), "max": bound(1)}


def measure(prober, count, options):
    empty = prober.resident_bytes()
    start = time.monotonic()
    prober.register(count, options.target_port)
    importing = time.monotonic() - start
    wait_until_warm(prober, count)
    recorder = None
    if options.perf:
        command = ["perf", "record", "-q", "-g", "--call-graph", "fp", "-F", "499", "-o", f"{options.perf}.{count}"]
        recorder = subprocess.Popen([*command, "-p", str(prober.process.pid), "--", "sleep", str(options.seconds)])
    before, threads_before, begin = prober.metrics(), prober.threads(), time.monotonic()
    in_flight = 0
    while time.monotonic() < begin + options.seconds:
        time.sleep(1)
        in_flight = max(in_flight, prober.metrics()["rollcall_probes_in_flight"])
    after, threads_after, end = prober.metrics(), prober.threads(), time.monotonic()
    if recorder:
        recorder.wait(60)
    done = probes(after) - probes(before)
    used = collections.defaultdict(lambda: [0.0, 0.0])
    for (name, thread), now in threads_after.items():
        old = threads_before.get((name, thread), (0.0, 0.0))
        for part in (0, 1):
            used[name][part] += now[part] - old[part]
    if not done:
        raise SystemExit("no probe ended")
    user, system = (sum(times[part] for times in used.values()) for part in (0, 1))
    return {
        "checks": count,
        "importing_seconds": round(importing, 2),
        "probes": round(done),
        "probes_per_second": round(done / (end - begin)),
        "probes_not_passing": round(done - (probes(after, "passing") - probes(before, "passing"))),
        "cpu_microseconds_per_probe": round(1e6 * (user + system) / done, 1),
        "user_microseconds": round(1e6 * user / done, 1),
        "system_microseconds": round(1e6 * system / done, 1),
        "microseconds_by_thread": {
            name: round(1e6 * sum(times) / done, 1)
            for name, times in sorted(used.items(), key=lambda item: -sum(item[1]))
            if sum(times) > 0.005 * (user + system)
        },
        "lateness_ms": lateness(before, after),
        "in_flight_max_seen": round(in_flight),
        "resident_bytes_per_check": round((prober.resident_bytes() - empty) / count),
    }


def show(table):
    print("| checks | probes/s | not passing | CPU µs a probe (user + system) | probes per CPU-second "
          "| late p50, p99, max (ms) | in flight | resident bytes a check |")
    print("|---:|---:|---:|---:|---:|---:|---:|---:|")
    for line in table:
        late = line["lateness_ms"]
        print(
            f"| {line['checks']:,} | {line['probes_per_second']:,} | {line['probes_not_passing']:,} "
            f"| {line['cpu_microseconds_per_probe']} ({line['user_microseconds']} + {line['system_microseconds']}) "
            f"| {1e6 / line['cpu_microseconds_per_probe']:,.0f} "
            f"| ≤ {late['p50']:g}, ≤ {late['p99']:g}, ≤ {late['max']:g} | {line['in_flight_max_seen']:,} "
            f"| {line['resident_bytes_per_check']:,} |"
        )


def main():
    options = arguments()
    os.chdir(REPOSITORY)
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise SystemExit("at least two cores are needed: one for Rollcall, one for the target")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    subprocess.run(["Tests/peers.sh", "nginx"], check=True, stdout=subprocess.DEVNULL)
    rollcall = os.path.abspath(options.rollcall) if options.rollcall else build("rollcall", ".build")
    table = []
    with tempfile.TemporaryDirectory(prefix="rollcall-probes-") as scratch:
        target = Target(scratch, cores[-1])
        try:
            target.start()
            options.target_port = target.port
            for count in options.checks:
                folder = os.path.join(scratch, str(count))
                os.makedirs(folder)
                prober = Prober(folder, cores[0])
                prober.port = free_port()
                try:
                    prober.start(rollcall)
                    table.append(measure(prober, count, options))
                finally:
                    prober.stop()
                print(f"{count:,} checks measured", file=sys.stderr)
        finally:
            target.stop()
    if options.json == "-":
        print(json.dumps({"machine": machine(), "table": table}))
    else:
        show(table)
        if options.json:
            with open(options.json, "w") as file:
                json.dump({"machine": machine(), "table": table}, file, indent=1)
    if any(line["probes_not_passing"] for line in table):
        raise SystemExit("some probes did not pass")


if __name__ == "__main__":
    main()
