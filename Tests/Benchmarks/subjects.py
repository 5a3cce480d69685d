"""The servers that are compared: how each is started, pinned, and its processor time read."""

import os
import re
import socket
import subprocess
import time
import urllib.request

import questions

PEERS = ["Tests/peers.sh", "--run"]
TICKS = os.sysconf("SC_CLK_TCK")


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


class Subject:
    """A running server, pinned to one core."""

    name = ""

    def __init__(self, scratch, core):
        self.folder = os.path.join(scratch, self.name.lower())
        os.makedirs(self.folder)
        self.core = core
        self.port = free_port()
        self.process = None

    def launch(self, command, **options):
        self.log = open(self.path("log"), "wb")
        self.process = subprocess.Popen(
            ["taskset", "-c", str(self.core), *command], stderr=self.log, **options
        )

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w") as file:
            file.write(text)
        return self.path(name)

    def wait(self, is_ready, seconds=20):
        """Waits until the server answers; says what it printed when it does not."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            try:
                if is_ready():
                    return
            except (OSError, IndexError):
                pass
            time.sleep(0.05)
        with open(self.path("log"), errors="replace") as file:
            raise SystemExit(f"{self.name} did not start:\n{file.read()}")

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
        """User and system time of all threads of all its processes."""
        total = 0
        for pid in self.processes():
            try:
                with open(f"/proc/{pid}/stat") as file:
                    fields = file.read().rsplit(")", 1)[1].split()
            except OSError:
                continue
            total += int(fields[11]) + int(fields[12])
        return total / TICKS

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.process:
            self.log.close()


class Echo(Subject):
    name = "echo"

    def start(self, binary):
        self.launch([binary, str(self.port)], stdout=subprocess.DEVNULL)
        self.wait(lambda: questions.ask(self.port, "floor", questions.A).is_response)


class Rollcall(Subject):
    name = "Rollcall"

    def start(self, binary):
        self.launch(
            [binary, "serve", "--ephemeral", "--workers", "1"]
            + ["--dns-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0"]
            + ["--zones-dir", self.folder],
            stdout=open(self.path("out"), "wb"),
            env={k: v for k, v in os.environ.items() if not k.startswith("ROLLCALL_")},
        )
        ports = []

        def is_ready():
            with open(self.path("out")) as file:
                line = file.readline()
            ports[:] = re.findall(r"127\.0\.0\.1:(\d+)", line)
            return len(ports) >= 2

        self.wait(is_ready)
        self.port = int(ports[0])
        request = urllib.request.Request(
            f"http://127.0.0.1:{ports[1]}/import",
            data=questions.registrations().encode(),
            headers={"Content-Type": "application/x-ndjson"},
        )
        with urllib.request.urlopen(request, timeout=60) as reply:
            reply.read()


class NSD(Subject):
    name = "NSD"

    def start(self, zone):
        configuration = f"""server:
    server-count: 1
    ip-address: 127.0.0.1@{self.port}
    username: ""
    chroot: ""
    zonesdir: "{self.folder}"
    database: ""
    pidfile: "{self.path('pid')}"
    xfrdfile: "{self.path('xfrd')}"
    zonelistfile: "{self.path('zones')}"
    minimal-responses: yes
    rrl-ratelimit: 0
remote-control:
    control-enable: no
zone:
    name: consul
    zonefile: "{self.write('consul.zone', zone)}"
"""
        self.launch([*PEERS, "nsd", "-d", "-c", self.write("nsd.conf", configuration)])
        self.wait(lambda: questions.ask(self.port, "consul", questions.SOA).answer)


class Knot(Subject):
    name = "Knot"

    def start(self, zone):
        self.write("consul.zone", zone)
        configuration = f"""server:
    rundir: "{self.folder}"
    listen: 127.0.0.1@{self.port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: "{self.folder}"
log:
  - target: stderr
    any: warning
template:
  - id: default
    storage: "{self.folder}"
    journal-content: none
zone:
  - domain: consul
    file: consul.zone
"""
        self.launch(
            [*PEERS, "knotd", "-c", self.write("knot.conf", configuration)],
            stdout=subprocess.DEVNULL,
        )
        self.wait(lambda: questions.ask(self.port, "consul", questions.SOA).answer)
