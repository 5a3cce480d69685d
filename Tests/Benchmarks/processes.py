"""Programs under measurement: how they are built, started, pinned, counted and stopped."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PEERS = ["Tests/peers.sh", "--run"]
TICKS = os.sysconf("SC_CLK_TCK")


def cores():
    """The core of the measured server, and those of everything else."""
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        raise SystemExit("at least two cores are needed: one for the server, one for the load")
    return allowed[:1], allowed[1:]


def pinned(to, command):
    """A command on some cores, which ends when this script does, however that ends."""
    return ["setpriv", "--pdeathsig", "KILL", "taskset", "-c", ",".join(map(str, to)), *command]


def build(product, scratch, **environment):
    """The path of a release build."""
    print(f"building {product}…", file=sys.stderr)
    command = ["swift", "build", "-c", "release", "--product", product, "--scratch-path", scratch]
    result = subprocess.run(
        command, env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if result.returncode:
        raise SystemExit(result.stdout[-4_000:])
    return os.path.abspath(os.path.join(scratch, "release", product))


def rollcall(options):
    return os.path.abspath(options.rollcall) if options.rollcall else build("rollcall", ".build")


def tool(name):
    """One of the small programs beside this script: the echo, or the load generator."""
    return build(name, ".build-benchmarks", WITH_BENCHMARKS="1", ROOMS="echo,load")


def unpack(*packages):
    """Programs of others; those that are installed are taken as they are."""
    wanted = [package for package in packages if not shutil.which(package)]
    if wanted:
        subprocess.run(["Tests/peers.sh", *wanted], check=True, stdout=subprocess.DEVNULL)


def unpack_release(release, *packages):
    """The same from another release of Debian."""
    subprocess.run(["Tests/peers.sh", "--release", release, *packages], check=True, stdout=subprocess.DEVNULL)


@contextlib.contextmanager
def scratch(name):
    """A folder on the repository's disk: what is called durable has to be."""
    os.makedirs(".build", exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"benchmark-{name}-", dir=".build") as folder:
        yield os.path.abspath(folder)


def free_port():
    """A port of 127.0.0.1 that is free for UDP and TCP."""
    while True:
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", 0))
            try:
                udp.bind(tcp.getsockname())
            except OSError:
                continue
            return tcp.getsockname()[1]


class Load:
    """The load generator on some cores: it sends a file's messages and counts what comes back."""

    def __init__(self, binary, to):
        self.binary, self.cores = binary, to

    def start(self, mode, port, path, seconds, **options):
        words = [f"{name}={value}" for name, value in options.items()] + [f"seconds={seconds}"]
        command = pinned(self.cores, [self.binary, mode, str(port), path, *words])
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    @staticmethod
    def result(process, timeout):
        try:
            output, _ = process.communicate(timeout=timeout)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        if process.returncode:
            raise SystemExit(f"{' '.join(process.args)}: status {process.returncode}")
        return json.loads(output)

    def run(self, mode, port, path, seconds, **options):
        return self.result(self.start(mode, port, path, seconds, **options), seconds + 30)


class Subject:
    """A running server, on some cores."""

    name = ""

    def __init__(self, folder, to):
        self.folder = os.path.join(folder, self.name.lower() or "server")
        os.makedirs(self.folder, exist_ok=True)
        self.cores = to
        self.process = None

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w") as file:
            file.write(text)
        return self.path(name)

    def launch(self, command, **options):
        with open(self.path("log"), "ab") as log:
            options = {"stdout": subprocess.DEVNULL} | options
            self.process = subprocess.Popen(pinned(self.cores, command), stderr=log, **options)

    def wait(self, is_ready, seconds=20):
        """Waits until the server answers; says what it printed when it does not."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            try:
                if is_ready():
                    return
            except (OSError, IndexError):
                pass
            time.sleep(0.02)
        with open(self.path("log"), errors="replace") as file:
            raise SystemExit(f"{self.name} did not start:\n{file.read()[-2_000:]}")

    def processes(self):
        """The server's process and all below it; NSD answers in a child."""
        children = {}
        for entry in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{entry}/stat") as file:
                    parent = int(file.read().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(entry))
        found = [self.process.pid]
        for pid in found:
            found += children.get(pid, [])
        return found

    def cpu_seconds(self):
        """User and system time of all its processes, with that of threads that are gone, to the nanosecond."""
        total = 0
        for pid in self.processes():
            try:
                # A process has a clock of its processor time, whose number is made of its own (clock_getcpuclockid).
                total += time.clock_gettime(~pid << 3 | 2)
            except OSError:
                continue
        return total

    def thread_seconds(self):
        """Processor time by thread, to the nanosecond."""
        seconds = {}
        for thread in os.listdir(f"/proc/{self.process.pid}/task"):
            try:
                with open(f"/proc/{self.process.pid}/task/{thread}/schedstat") as file:
                    seconds[int(thread)] = int(file.read().split()[0]) / 1e9
            except OSError:
                continue
        return seconds

    def resident_bytes(self):
        with open(f"/proc/{self.process.pid}/status") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmRSS:"))

    def stop(self, with_signal=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(with_signal)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@contextlib.contextmanager
def running(subjects):
    """The list that is given, whose servers stop in the end; add to it what is started."""
    try:
        yield subjects
    finally:
        for subject in subjects:
            subject.stop()
