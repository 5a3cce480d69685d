#!/usr/bin/env python3
"""A cluster of three on loopback: how soon the others know, how much it takes, how soon a new server is ready.

Three etcd and three Rollcall (Config/cluster/start.sh) share this machine's cores with the load, and each etcd writes to
the repository's disk, so that the figures say more of etcd's share than of what three hosts would do.

1. Registrations at the first server, one after the other; how long until DNS at the second and at the third answers.
2. New instances, from 16 kept-alive connections to each server at once; processor time of Rollcall and of etcd for each.
3. An import at the first server; then a fourth server, with an empty folder, until it is ready to answer.
"""

import json
import os
import random
import signal
import socket
import struct
import subprocess
import time
import urllib.request

import processes
import registering
import report

CONNECTIONS = 16
SERVERS = (1, 2, 3)


def arguments():
    parser = report.parser(__doc__)
    parser.add_argument("--seconds", type=float, help="length of the load (5)")
    parser.add_argument("--instances", type=int, default=100_000, help="of the import (100000)")
    parser.add_argument("--samples", type=int, default=300, help="registrations whose delay is taken (300)")
    options = parser.parse_args()
    options.seconds = options.seconds or (2 if options.quick else 5)
    return options


class Cluster:
    """What start.sh runs in a folder."""

    def __init__(self, folder, program):
        self.folder, self.program = folder, program
        self.base = random.randrange(20, 30) * 1_000
        environment = os.environ | {"CLUSTER_PROGRAM": program, "CLUSTER_PORT_BASE": str(self.base)}
        self.process = subprocess.Popen(
            ["Config/cluster/start.sh", folder], env=environment, stdout=subprocess.PIPE, text=True
        )
        while True:
            line = self.process.stdout.readline()
            if not line:
                raise SystemExit("the cluster did not start")
            if "Ctrl-C" in line:
                break

    def http(self, server):
        return self.base + server

    def dns(self, server):
        return self.base + 100 + server

    @property
    def endpoints(self):
        return ",".join(f"http://127.0.0.1:{self.base + 199 + 2 * n}" for n in SERVERS)

    def cpu_seconds(self, name):
        """Of all three."""
        total = 0
        for server in SERVERS:
            with open(f"{self.folder}/{name}{server}.pid") as file:
                pid = int(file.read())
            with open(f"/proc/{pid}/stat") as file:
                words = file.read().rsplit(")", 1)[1].split()
            total += int(words[11]) + int(words[12])
        return total / processes.TICKS

    def request(self, server, method, path, body=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.http(server)}{path}", method=method, data=body)
        with urllib.request.urlopen(request, timeout=120) as reply:
            return json.loads(reply.read())

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=30)


def question(name):
    wire = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
    return struct.pack("!HHHHHH", 1, 0, 1, 0, 0, 0) + wire + struct.pack("!HH", 1, 1)


def answers(connection, query):
    connection.send(query)
    return struct.unpack("!HHHHHH", connection.recv(4_096)[:12])[3]


def propagation(cluster, samples):
    """Milliseconds from the request on until all other servers answer, and until the reply was there."""
    others = []
    for server in SERVERS[1:]:
        other = socket.socket(type=socket.SOCK_DGRAM)
        other.connect(("127.0.0.1", cluster.dns(server)))
        other.settimeout(5)
        others.append(other)
    acknowledged, known = [], []
    for number in range(samples):
        body = json.dumps({"service": f"delay-{number}", "host": "10.0.0.1", "port": 1}).encode()
        query = question(f"delay-{number}.service.consul")
        start = time.perf_counter()
        cluster.request(1, "POST", "/register", body)
        acknowledged.append(1_000 * (time.perf_counter() - start))
        for other in others:
            while not answers(other, query):
                pass
        known.append(1_000 * (time.perf_counter() - start))
    return sorted(acknowledged), sorted(known)


def load(cluster, generator, seconds, scratch):
    """New instances a second through all servers, and processor time for each."""
    running = []
    before = [cluster.cpu_seconds(name) for name in ("node", "etcd")]
    for server in SERVERS:
        requests = (registering.native(f"load{server}", number) for number in range(int(20_000 * seconds)))
        path = registering.write_requests(os.path.join(scratch, f"requests{server}"), requests)
        running.append((server, path))
    started = [
        generator.start("http", cluster.http(server), path, seconds, sockets=CONNECTIONS, repeat=0)
        for server, path in running
    ]
    results = [generator.result(process, seconds + 60) for process in started]
    spent = [cluster.cpu_seconds(name) - old for name, old in zip(("node", "etcd"), before)]
    for result in results:
        if set(result["codes"]) != {"200"}:
            raise SystemExit(f"not all were taken: {result['codes']}")
    return results, spent


def start_another(cluster, folder):
    """Seconds until a server with an empty folder is ready, and what it says then."""
    http, dns = processes.free_port(), processes.free_port()
    command = [
        cluster.program, "serve", "--store", "etcd", "--etcd", cluster.endpoints, "--cluster", "example",
        "--node-name", "node-4", "--data-dir", folder, "--http-listen", f"127.0.0.1:{http}",
        "--dns-listen", f"127.0.0.1:{dns}",
    ]
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        line = process.stdout.readline()
        seconds = time.perf_counter() - start
        process.terminate()
        process.wait(timeout=60)
    return seconds, line.strip()


def at(values, share):
    return values[min(int(len(values) * share), len(values) - 1)]


def main():
    options = arguments()
    program = processes.rollcall(options)
    everywhere = sorted(os.sched_getaffinity(0))
    generator = processes.Load(processes.tool("load"), everywhere)
    with processes.scratch("cluster") as scratch:
        cluster = Cluster(os.path.join(scratch, "cluster"), program)
        try:
            acknowledged, known = propagation(cluster, options.samples)
            print(f"acknowledged: p50 {at(acknowledged, .5):.1f} ms, p99 {at(acknowledged, .99):.1f} ms")
            print(f"known to all: p50 {at(known, .5):.1f} ms, p99 {at(known, .99):.1f} ms, max {known[-1]:.1f} ms")
            results, (node, etcd) = load(cluster, generator, options.seconds, scratch)
            count = sum(result["answers"] for result in results)
            latencies = ", ".join(
                f"{result['latency_us']['p50'] / 1e3:.1f}/{result['latency_us']['p99'] / 1e3:.1f}" for result in results
            )
            print(f"registrations: {count / options.seconds:,.0f} a second, p50/p99 ms by server {latencies}")
            print(f"processor time of one: Rollcall {1e6 * node / count:.0f} µs, etcd {1e6 * etcd / count:.0f} µs")
            lines = "".join(
                registering.line(f"i-{number // 10}", f"i-{number}", registering.host(number), False)
                for number in range(options.instances)
            )
            start = time.perf_counter()
            report_of_import = cluster.request(1, "POST", "/import", lines.encode())
            print(f"import: {report_of_import['imported']:,} in {time.perf_counter() - start:.1f} s")
            seconds, line = start_another(cluster, os.path.join(scratch, "another"))
            print(f"a fourth server: {seconds:.1f} s; {line}")
        finally:
            cluster.stop()


if __name__ == "__main__":
    report.start(main)
