"""The servers that are compared, and how each is set up."""

import json
import os
import re
import urllib.request

import questions
import registering
from processes import PEERS, Subject, free_port


class Registry(Subject):
    """A server with an HTTP API."""

    def request(self, method, path, body="", timeout=120):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.http_port}{path}",
            method=method,
            data=registering.text(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=timeout) as reply:
            return reply.read()


class Echo(Subject):
    name = "echo"

    def start(self, binary):
        self.port = free_port()
        self.launch([binary, str(self.port)])
        self.wait(lambda: questions.ask(self.port, "floor", questions.A).is_response)


class Rollcall(Registry):
    name = "Rollcall"

    def start(self, binary, *arguments, data=None, workers=1, settings={}, seconds=60):
        """With `data` the catalog is in that folder, else in memory. `settings` go to the environment."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("ROLLCALL_")}
        store = ["--data-dir", self.path(data)] if data else ["--ephemeral"]
        self.write("out", "")
        with open(self.path("out"), "wb") as out:
            self.launch(
                [binary, "serve", *store, "--workers", str(workers), "--log-level", "warning"]
                + ["--dns-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0"]
                + ["--zones-dir", self.folder, *arguments],
                stdout=out,
                env=environment | {f"ROLLCALL_{name}": str(value) for name, value in settings.items()},
            )

        def is_ready():
            with open(self.path("out")) as file:
                ports = re.findall(r"127\.0\.0\.1:(\d+)", file.readline())
            self.port, self.http_port = int(ports[0]), int(ports[1])
            return True

        self.wait(is_ready, seconds)

    def import_lines(self, lines):
        """Registers one instance a line; raises when one is refused."""
        reply = json.loads(self.request("POST", "/import", "".join(lines)))
        if reply["failed"]:
            raise SystemExit(f"Rollcall refused: {reply['errors'][0]}")
        return reply["imported"]

    def metrics(self):
        """Name with labels: value."""
        lines = self.request("GET", "/metrics").decode().splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if line and not line.startswith("#"))
        return {name: float(value) for name, value in pairs}

    def busiest_thread(self, work):
        """The thread that does `work`: a packet thread, when that is to ask many questions."""
        before = self.thread_seconds()
        work()
        after = self.thread_seconds()
        return max(after, key=lambda thread: after[thread] - before.get(thread, 0))

    def give_worker_its_own_core(self, work, others):
        """Moves all threads but the one that answers to the cores `others`."""
        worker = self.busiest_thread(work)
        for thread in self.thread_seconds():
            os.sched_setaffinity(thread, self.cores if thread == worker else others)
        return worker


class NSD(Subject):
    name = "NSD"

    def start(self, zone):
        self.port = free_port()
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
        self.port = free_port()
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
        self.launch([*PEERS, "knotd", "-c", self.write("knot.conf", configuration)])
        self.wait(lambda: questions.ask(self.port, "consul", questions.SOA).answer)


class Consul(Registry):
    """An agent of its own: a server in memory (`-dev`), or one whose log is on the disk."""

    name = "Consul"

    def start(self, is_durable):
        self.port, self.http_port = free_port(), free_port()
        ports = {"dns": self.port, "http": self.http_port, "grpc": -1}
        ports |= {name: free_port() for name in ("server", "serf_lan", "serf_wan")}
        configuration = {"ports": ports, "limits": {"http_max_conns_per_client": 1_000}, "log_level": "err"}
        configuration |= {"bind_addr": "127.0.0.1", "disable_update_check": True}
        if is_durable:
            configuration |= {"server": True, "bootstrap_expect": 1, "data_dir": self.path("data")}
        mode = [] if is_durable else ["-dev"]
        file = self.write("agent.json", json.dumps(configuration))
        self.launch([*PEERS, "consul", "agent", *mode, "-config-file", file])

        def is_ready():
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}/v1/health/node/x", timeout=2) as reply:
                leader = reply.headers["X-Consul-Knownleader"]
            return leader == "true"

        self.wait(is_ready, 40)
