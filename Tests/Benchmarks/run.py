#!/usr/bin/env python3
"""Every benchmark, one after the other: the one command.

Builds what is measured, unpacks NSD, Knot, Consul, nginx and dnsperf from Debian's packages when they are missing, runs the
scripts beside this one in turn, and prints their tables. The results, every round included, and a plot of the answers are
in .build/benchmarks then; --publish puts them where the documentation has them. Everything stays on 127.0.0.1.

Let nothing else run meanwhile. What a part needs and how it measures stands in its script.
"""

import json
import os
import signal
import subprocess
import sys
import time

import plot
import processes
import report

# Each part, and the seconds after which it is ended.
PARTS = {
    "answers": 500, "changes": 300, "writes": 400, "scale": 600, "watchers": 200, "probes": 300, "overload": 200,
    "instructions": 900,
}
# What a part is told, where its own defaults take longer than the whole may.
WORDS = {"probes": ["--checks", "50000", "--seconds", "20"], "instructions": ["--within", "60"]}
RESULTS = "Tests/Benchmarks/results.json"
PLOT = "Sources/rollcall/Documentation.docc/Resources/answers.svg"


def arguments():
    parser = report.parser(__doc__)
    parser.add_argument("--only", default=",".join(PARTS), metavar="NAMES", help="some of: " + ",".join(PARTS))
    parser.add_argument("--publish", action="store_true", help=f"write {RESULTS} and {PLOT}")
    options = parser.parse_args()
    options.only = options.only.split(",")
    if set(options.only) - set(PARTS):
        parser.error(f"no such part: {', '.join(set(options.only) - set(PARTS))}")
    return options


def build(options):
    """Everything before anything is measured."""
    rollcall = processes.rollcall(options)
    for name in ("echo", "load"):
        processes.tool(name)
    if "instructions" in options.only:
        processes.build("micro", ".build-micro", WITH_BENCHMARKS="1", ROOMS="micro")
    processes.unpack("nsd", "knot", "dnsperf", "nginx")
    if "writes" in options.only:
        processes.unpack_release("bullseye", "consul")
    return rollcall


def versions(rollcall):
    """What was measured, in its own words."""
    def of(*command):
        return report.output(*processes.PEERS, *command)

    found = {
        "Rollcall": report.output(rollcall, "--version"), "NSD": of("nsd", "-v"), "Knot": of("knotd", "--version"),
        "dnsperf": of("dnsperf", "-h"), "Consul": of("consul", "version"), "Swift": report.output("swift", "--version"),
    }
    packages = {"dnsperf": "dnsperf", "NSD": "nsd", "Knot": "knot"}
    for name, package in packages.items():
        line = report.output("apt-cache", "policy", package)
        if line:
            found[name + ", package"] = report.output("sh", "-c", f"apt-cache policy {package} | sed -n 's/ *Candidate: //p'")
    return found


def run(name, rollcall, options, folder):
    """One script: its result, or what went wrong."""
    print(f"\n## {name}", flush=True)
    path = os.path.join(folder, f"{name}.json")
    command = [sys.executable, f"Tests/Benchmarks/{name}.py", "--rollcall", rollcall, "--json", path]
    process = subprocess.Popen(command + (["--quick"] if options.quick else WORDS.get(name, [])))
    start = time.monotonic()
    try:
        status = process.wait(PARTS[name])
    except subprocess.TimeoutExpired:
        status = f"took more than {PARTS[name]} s"
    finally:
        # A script stops what it started, however it is ended.
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    seconds = round(time.monotonic() - start, 1)
    report.note(f"{name}: {seconds} s")
    if status:
        return {"seconds": seconds, "failed": f"status {status}" if isinstance(status, int) else status}
    with open(path) as file:
        return {"seconds": seconds} | json.load(file)


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)
    report.note(f"wrote {path}")


def main():
    options = arguments()
    rollcall = build(options)
    machine = report.machine() | {"disk": None, "versions": versions(rollcall), "is_quick": options.quick}
    parts = {}
    with processes.scratch("run") as folder:
        machine["disk"] = report.disk(folder)
        print(f"# Benchmarks of {machine['commit']}, {machine['date']}")
        print(f"\n{machine['cores']} cores, {machine['processor']}, {machine['memory_bytes'] / 2**30:.0f} GiB, "
              f"Linux {machine['kernel']}; load average at the start {machine['load_average']:.2f}.", flush=True)
        for name in options.only:
            parts[name] = run(name, rollcall, options, folder)
    failed = [f"{name} ({part['failed']})" for name, part in parts.items() if "failed" in part]
    results = json.dumps({"machine": machine, "parts": parts}, indent=1) + "\n"
    paths = [options.json or ".build/benchmarks/results.json"] + ([RESULTS] if options.publish else [])
    for path in map(os.path.abspath, paths):
        write(path, results)
    if "tables" in parts.get("answers", {}):
        drawing = plot.draw(parts["answers"]["tables"][0]["rows"], machine)
        for path in [".build/benchmarks/answers.svg"] + ([PLOT] if options.publish else []):
            write(path, drawing)
    if failed:
        raise SystemExit("failed: " + ", ".join(failed))


if __name__ == "__main__":
    report.start(main)
