#!/usr/bin/env python3
"""Measures what waiting costs: many blocking queries on many services, and one change after another.

Starts a Rollcall of its own on loopback, registers the services, and leaves a blocking query open for each watcher, on
plain HTTP/1.1. Then it changes services one at a time. For each change it takes the time from sending the change until
the last of the service's watchers has its answer, and looks whether anybody else woke up. Memory is the growth of the
server's resident set while the watchers came.

It needs an open file for each watcher, in this process and in the server, and raises the limit for both itself. It ends
by itself.
"""

import asyncio
import json
import os
import resource
import time

import processes
import report
from subjects import Rollcall

STEP_SECONDS = 30
CONNECTING_AT_ONCE = 200


class Unexpected(Exception):
    pass


def arguments():
    parser = report.parser(__doc__)
    parser.add_argument("--watchers", type=int, default=10_000)
    parser.add_argument("--services", type=int, default=1_000)
    parser.add_argument("--changes", type=int, help="how many (200)")
    options = parser.parse_args()
    options.changes = options.changes or (50 if options.quick else 200)
    return options


def raise_file_limit(needed):
    """Makes room for the connections; the server inherits the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= needed:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, max(hard, needed)))
    except (ValueError, OSError):
        raise SystemExit(f"{needed} open files are needed and {hard} are allowed: raise `ulimit -Hn`") from None


class Connection:
    """One kept-alive connection."""

    @classmethod
    async def open(cls, port):
        connection = cls()
        connection.reader, connection.writer = await asyncio.open_connection("127.0.0.1", port, limit=64 * 1024)
        return connection

    def send(self, method, path, body=b""):
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n"
        self.writer.write(head.encode() + body)

    async def receive(self):
        """The status, the headers in lower case, and the body."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        if "content-length" in headers:
            body = await self.reader.readexactly(int(headers["content-length"]))
        else:
            body = b""
            while size := int(await self.reader.readline(), 16):
                body += (await self.reader.readexactly(size + 2))[:-2]
            await self.reader.readline()
        status = int(head[0].split()[1])
        if status != 200:
            raise Unexpected(f"{status}: {body.decode()}")
        return headers, body

    async def request(self, method, path, body=b""):
        self.send(method, path, body)
        return await asyncio.wait_for(self.receive(), STEP_SECONDS)


class Watcher:
    """Waits for a service to change, tells when it did, and waits again."""

    def __init__(self, number):
        self.service = number
        self.path = f"/v1/health/service/watched-{number}"
        self.answered = None
        self.wakes = 0

    async def begin(self, port):
        self.connection = await Connection.open(port)
        headers, _ = await self.connection.request("GET", self.path)
        self.index = headers["x-consul-index"]
        self.wait()

    def wait(self):
        self.connection.send("GET", f"{self.path}?index={self.index}&wait=600s")

    async def follow(self, on_answer):
        while True:
            headers, body = await self.connection.receive()
            self.index, self.body = headers["x-consul-index"], body
            self.wakes += 1
            on_answer(self)
            self.wait()


class Measurement:
    def __init__(self, settings, server):
        self.settings = settings
        self.server = server
        self.watchers = [Watcher(number % settings.services) for number in range(settings.watchers)]
        self.expected = None
        self.left = 0
        self.all_answered = asyncio.Event()
        self.strangers = 0

    async def register(self, connection, service, port):
        body = {"service": f"watched-{service}", "id": f"watched-{service}", "host": "10.0.1.1", "port": port}
        await connection.request("POST", "/register", json.dumps(body).encode())

    def answered(self, watcher):
        if watcher.service != self.expected:
            self.strangers += 1
            return
        self.left -= 1
        if self.left == 0:
            self.last_answer = time.perf_counter()
            self.all_answered.set()

    async def change(self, connection, number):
        """Changes one service; returns the seconds until all its watchers know."""
        service = number * 7919 % self.settings.services
        own = [watcher for watcher in self.watchers if watcher.service == service]
        self.expected, self.left = service, len(own)
        self.all_answered.clear()
        port = 20_000 + number
        start = time.perf_counter()
        await self.register(connection, service, port)
        await asyncio.wait_for(self.all_answered.wait(), STEP_SECONDS)
        for watcher in own:
            if json.loads(watcher.body)[0]["Service"]["Port"] != port:
                raise Unexpected(f"a watcher of {service} has an old answer")
        return self.last_answer - start

    async def run(self):
        control = await Connection.open(self.server.http_port)
        for service in range(self.settings.services):
            await self.register(control, service, 10_000)
        before = self.server.resident_bytes()
        start = time.perf_counter()
        for first in range(0, len(self.watchers), CONNECTING_AT_ONCE):
            group = self.watchers[first : first + CONNECTING_AT_ONCE]
            await asyncio.gather(*(watcher.begin(self.server.http_port) for watcher in group))
        # A request on a connection of its own is answered after the waits that were sent before it.
        await control.request("GET", "/v1/status/leader")
        opening = time.perf_counter() - start
        after = self.server.resident_bytes()
        tasks = [asyncio.create_task(watcher.follow(self.answered)) for watcher in self.watchers]
        try:
            seconds = [await self.change(control, number) for number in range(self.settings.changes)]
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return self.result(sorted(seconds), opening, before, after)

    def result(self, seconds, opening, before, after):
        def percentile(part):
            return round(1_000 * seconds[min(int(part * len(seconds)), len(seconds) - 1)], 2)

        return {
            "watchers": len(self.watchers),
            "services": self.settings.services,
            "changes": len(seconds),
            "woken": sum(watcher.wakes for watcher in self.watchers),
            "woken_by_other_services": self.strangers,
            "opening_seconds": round(opening, 2),
            "all_know_ms": {"p50": percentile(0.5), "p99": percentile(0.99), "max": percentile(1)},
            "resident_bytes": {"before": before, "after": after},
            "resident_bytes_per_watcher": round((after - before) / len(self.watchers)),
        }


def summarise(result):
    table = report.Table("Watchers", {"": "", "measured": ""})
    latency = result["all_know_ms"]
    for row in (
        ("watchers", f"{result['watchers']:,} on {result['services']:,} services"),
        ("changes", f"{result['changes']:,}"),
        ("woken by their own service", f"{result['woken'] - result['woken_by_other_services']:,}"),
        ("woken by another service", f"{result['woken_by_other_services']:,}"),
        ("until all watchers know", f"p50 {latency['p50']} ms, p99 {latency['p99']} ms, max {latency['max']} ms"),
        ("memory a watcher", f"{result['resident_bytes_per_watcher'] / 1024:.1f} KiB"),
    ):
        table.add(*row)
    return table


def main():
    options = arguments()
    raise_file_limit(options.watchers + 4_000)
    everywhere = sum(processes.cores(), [])
    binary = processes.rollcall(options)
    with processes.scratch("watchers") as scratch, processes.running([]) as servers:
        servers.append(Rollcall(scratch, everywhere))
        connections = {"HTTP_CONNECTIONS_MAX": options.watchers + 100}
        servers[0].start(binary, workers=len(everywhere), settings=connections)
        result = asyncio.run(Measurement(options, servers[0]).run())
    if options.json == "-":
        print(json.dumps(result))
        return
    report.finish(options, [summarise(result)], [result])


if __name__ == "__main__":
    report.start(main)
