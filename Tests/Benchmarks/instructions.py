#!/usr/bin/env python3
"""What operations cost in instructions, allocations and reference counts, compared with what they cost before.

Instructions do not depend on what else the machine does. Each micro benchmark (Tests/Benchmarks/Micro) runs twice under
valgrind's callgrind, with two counts; the difference of the instructions, divided by the difference of the counts, is
what one operation takes. From the same runs come the calls to malloc and its kin, and to Swift's retain and release.

instructions.json beside this script holds the figures of the last committed state. A difference of more than 2 % is shown
in bold; --check fails with it, --write renews the file. They are one machine's: another compiler, Swift release or
processor's libc gives others, so compare on the machine that wrote them.
"""

import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time

import processes
import report

FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "instructions.json")
TOLERANCE = 0.02
# Set-up runs some ten times slower, the counted part fifty times.
NATIVE_SECONDS_MAX = 4
COUNTED_SECONDS = 0.02
SECONDS_MAX = 300

CALLS = {
    "allocations": re.compile(r"(malloc|calloc|realloc|posix_memalign|aligned_alloc|memalign)$"),
    "retains": re.compile(r"swift_(nonatomic_)?(retain|release)(_n)?$"),
}


def arguments():
    parser = report.parser(__doc__)
    parser.add_argument("--micro", metavar="FILE", help="a release build of the target micro; without it one is made")
    parser.add_argument("--only", metavar="NAMES", help="some benchmarks, with commas between")
    parser.add_argument("--count", type=int, help="operations that are counted; without it as many as some 20 ms allow")
    parser.add_argument("--within", type=float, metavar="SECONDS", help="begin no other operation after so long")
    parser.add_argument("--write", action="store_true", help="renew instructions.json")
    parser.add_argument("--check", action="store_true", help="fail when a figure is more than 2 %% off")
    return parser.parse_args()


def environment():
    """Same hashes in each run, and no symbol looked up while instructions are counted."""
    return os.environ | {"SWIFT_DETERMINISTIC_HASHING": "1", "LD_BIND_NOW": "1"}


def seconds_of(micro, name, count):
    """Processor time of a run without valgrind; None when that is too much."""
    process = subprocess.Popen([micro, name, str(count)], env=environment(), stdout=subprocess.DEVNULL)
    limit = threading.Timer(10 * NATIVE_SECONDS_MAX, process.kill)
    limit.start()
    _, status, usage = os.wait4(process.pid, 0)
    limit.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = usage.ru_utime + usage.ru_stime
    if process.returncode > 0:
        raise SystemExit(f"{micro} {name} {count}: status {process.returncode}")
    return None if process.returncode or seconds > NATIVE_SECONDS_MAX else seconds


def count_for(micro, name, committed):
    """How many operations are counted: as before, else the power of ten that takes long enough; None: too slow."""
    empty = seconds_of(micro, name, 1)
    if empty is None or committed:
        return empty and committed["count"]
    count = 10
    while count < 1_000_000:
        taken = seconds_of(micro, name, count)
        if taken is None or taken - empty > COUNTED_SECONDS:
            return count
        count *= 10
    return count


def calls(path):
    """How often each kind of function was called, from callgrind's file."""
    names, counts, called = {}, dict.fromkeys(CALLS, 0), ""
    with open(path, errors="replace") as file:
        for line in file:
            if line.startswith(("fn=", "cfn=")):
                number, _, name = line.strip().split("=", 1)[1].partition(" ")
                if name:
                    names[number] = name.split("@")[0].split("'")[0]
                if line.startswith("cfn="):
                    called = names.get(number, "")
            elif line.startswith("calls="):
                for kind, pattern in CALLS.items():
                    if pattern.match(called):
                        counts[kind] += int(line[6:].split()[0])
    return counts


# What runs in other threads ends with this one.
started = []


def run(micro, name, count, folder):
    """One run under callgrind: the total of what was counted."""
    path = os.path.join(folder, f"{name}.{count}")
    command = ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={path}", micro, name, str(count)]
    process = subprocess.Popen(
        processes.pinned(sorted(os.sched_getaffinity(0)), command), env=environment(), text=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )
    started.append(process)
    try:
        _, errors = process.communicate(timeout=SECONDS_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return None
    found = re.search(r"Collected : (\d+)", errors)
    if process.returncode or not found:
        raise SystemExit(f"{' '.join(command)}:\n{errors[-1_000:]}")
    return {"instructions": int(found[1])} | calls(path)


def measure(micro, name, count, folder):
    few = max(1, count // 10)
    less, more = run(micro, name, few, folder), run(micro, name, few + count, folder)
    if not less or not more:
        return None
    return {key: (more[key] - less[key]) / count for key in more} | {"count": count}


def show(results, committed, summaries):
    table = report.Table("Instructions", {
        "operation": "", "what it is": "", "instructions": ",.0f", "committed": ",.0f", "change": "",
        "allocations": ",.2f", "retains and releases": ",.2f", "counted": ",",
    })
    changed = []
    for name, result in results.items():
        before = committed.get(name, {}).get("instructions")
        change = None
        if before:
            part = result["instructions"] / before - 1
            change = f"{100 * part:+.1f} %"
            if abs(part) > TOLERANCE:
                changed.append(name)
                change = f"**{change}**"
        table.add(
            name, summaries[name], result["instructions"], before, change, abs(result["allocations"]),
            abs(result["retains"]), result["count"],
        )
    return table, changed


def main():
    options = arguments()
    if not shutil.which("valgrind"):
        raise SystemExit("valgrind is needed: apt-get install valgrind")
    micro = options.micro and os.path.abspath(options.micro)
    micro = micro or processes.build("micro", ".build-micro", WITH_BENCHMARKS="1", ROOMS="micro")
    lines = subprocess.run([micro], capture_output=True, text=True, check=True).stdout.splitlines()
    summaries = dict(line.strip().split(": ", 1) for line in lines if line.startswith("  "))
    wanted = options.only.split(",") if options.only else list(summaries)
    if set(wanted) - set(summaries):
        raise SystemExit(f"no such benchmark: {', '.join(set(wanted) - set(summaries))}")
    committed = {}
    if os.path.exists(FILE):
        with open(FILE) as file:
            committed = json.load(file)["benchmarks"]
    results, notes = {}, []
    with tempfile.TemporaryDirectory(prefix="rollcall-instructions-") as folder:
        # Valgrind gives up on Swift's debug information; the names of functions are all that is needed.
        micro = shutil.copy(micro, os.path.join(folder, "micro"))
        subprocess.run(["strip", "--strip-debug", micro], check=True)

        end = time.monotonic() + (options.within or (60 if options.quick else 86_400))

        def one(name):
            if time.monotonic() > end:
                return None
            count = options.count or count_for(micro, name, committed.get(name))
            return count and measure(micro, name, count, folder)

        pool = concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0)))
        try:
            for name, result in zip(wanted, pool.map(one, wanted)):
                if result:
                    results[name] = result
                else:
                    notes.append(f"{name} is left out: it takes too long.")
                report.note(f"{name}: counted" if result else notes[-1])
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in started:
                process.poll() is None and process.kill()
    table, changed = show(results, committed, summaries)
    report.finish(options, [table], [{"name": name} | result for name, result in results.items()], notes)
    if options.write:
        facts = {"swift": report.output("swift", "--version"), "architecture": report.machine()["architecture"]}
        benchmarks = committed | {
            name: {key: round(value, 3) for key, value in result.items()} for name, result in results.items()
        }
        with open(FILE, "w") as file:
            json.dump(facts | {"benchmarks": {name: benchmarks[name] for name in sorted(benchmarks)}}, file, indent=1)
            file.write("\n")
    if options.check and changed:
        raise SystemExit(f"changed by more than {TOLERANCE:.0%}: {', '.join(changed)}")


if __name__ == "__main__":
    report.start(main)
