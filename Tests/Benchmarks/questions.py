"""What is asked: the services, the query files, and a check that a server answers them rightly."""

import random
import socket
import struct

SERVICES = 1_000
INSTANCES = 3
A, SOA, AAAA, SRV = 1, 6, 28, 33
NOERROR, NXDOMAIN = 0, 3


class WrongAnswer(Exception):
    """A server that answers wrongly is not worth measuring."""


def service(number):
    return f"svc-{number:04d}"


def addresses(number):
    return [f"10.{number >> 8}.{number & 255}.{instance + 1}" for instance in range(INSTANCES)]


def registrations():
    """One JSON object a line, as POST /import takes them."""
    return "".join(
        f'{{"service":"{service(number)}","host":"{host}","port":{8000 + instance}}}\n'
        for number in range(SERVICES)
        for instance, host in enumerate(addresses(number))
    )


# What each row of the table asks: names by number, and the type.
ROWS = {
    "A": (lambda number: f"{service(number)}.service.consul", "A"),
    "SRV": (lambda number: f"{service(number)}.service.consul", "SRV"),
    "NODATA": (lambda number: f"{service(number)}.service.consul", "AAAA"),
    "NXDOMAIN": (lambda number: f"gone-{number:04d}.service.consul", "A"),
}


def write_queries(path, row):
    """Writes a dnsperf file: every name once, in an order that is random and always the same."""
    name, qtype = ROWS[row]
    numbers = list(range(SERVICES))
    random.Random(row).shuffle(numbers)
    with open(path, "w") as file:
        file.writelines(f"{name(number)} {qtype}\n" for number in numbers)


def query(name, qtype, identifier=1):
    wire = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack("!6H", identifier, 0, 1, 0, 0, 0) + wire + b"\0" + struct.pack("!2H", qtype, 1)


def read_name(message, at):
    """The name at an offset as text, and the offset behind it."""
    labels, end = [], None
    while message[at]:
        if message[at] >= 0xC0:
            end = end or at + 2
            at = struct.unpack_from("!H", message, at)[0] & 0x3FFF
            continue
        labels.append(message[at + 1 : at + 1 + message[at]].decode().lower())
        at += 1 + message[at]
    return ".".join(labels), end or at + 1


class Reply:
    """A decoded response: its code and three lists of (name, type, TTL, text)."""

    def __init__(self, message):
        _, flags, questions, *counts = struct.unpack_from("!6H", message)
        self.code, self.is_response = flags & 15, bool(flags & 0x8000)
        self.is_truncated = bool(flags & 0x0200)
        at = 12
        for _ in range(questions):
            at = read_name(message, at)[1] + 4
        self.answer, self.authority, self.additional = [], [], []
        for section, count in zip((self.answer, self.authority, self.additional), counts):
            for _ in range(count):
                owner, at = read_name(message, at)
                rrtype, _, ttl, length = struct.unpack_from("!2HIH", message, at)
                at += 10
                section.append((owner, rrtype, ttl, self.text(message, rrtype, at, length)))
                at += length

    @staticmethod
    def text(message, rrtype, at, length):
        if rrtype == A:
            return socket.inet_ntoa(message[at : at + 4])
        if rrtype == SRV:
            numbers = struct.unpack_from("!3H", message, at)
            return "%d %d %d " % numbers + read_name(message, at + 6)[0] + "."
        return message[at : at + length].hex()


def ask(port, name, qtype, over_tcp=False):
    kind = socket.SOCK_STREAM if over_tcp else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as client:
        client.settimeout(2)
        client.connect(("127.0.0.1", port))
        wire = query(name, qtype)
        if not over_tcp:
            client.send(wire)
            return Reply(client.recv(65_535))
        client.sendall(struct.pack("!H", len(wire)) + wire)
        stream = client.makefile("rb")
        return Reply(stream.read(struct.unpack("!H", stream.read(2))[0]))


def texts(records, rrtype):
    return sorted(text for _, kind, _, text in records if kind == rrtype)


def check(subject, port, expected_srv):
    """Asks every name once; raises WrongAnswer for the first that is not what was registered."""
    for number in range(SERVICES):
        for row, (name, qtype) in ROWS.items():
            numeric = {"A": A, "AAAA": AAAA, "SRV": SRV}[qtype]
            reply = ask(port, name(number), numeric)
            code = NXDOMAIN if row == "NXDOMAIN" else NOERROR
            wanted = {"A": addresses(number), "SRV": expected_srv.get(number)}.get(row, [])
            got = texts(reply.answer, numeric)
            negative = row in ("A", "SRV") or texts(reply.authority, SOA)
            if reply.code != code or got != sorted(wanted) or not negative or reply.is_truncated:
                raise WrongAnswer(
                    f"{subject}: {name(number)} {qtype}: code {reply.code}, answer {got}"
                )


def zone_file(port):
    """The catalog as a master file for the other servers, and the SRV records by service.

    Addresses are what was registered. SRV records and their targets are what Rollcall, asked over TCP
    at `port`, answers: the others must do the same work.
    """
    lines = [
        "$ORIGIN consul.\n$TTL 5",
        "@ SOA ns hostmaster 1 3600 600 86400 1\n@ NS ns\nns A 127.0.0.1",
    ]
    expected_srv = {}
    for number in range(SERVICES):
        owner = f"{service(number)}.service.consul."
        lines += [f"{owner} A {address}" for address in addresses(number)]
        reply = ask(port, owner[:-1], SRV, over_tcp=True)
        expected_srv[number] = texts(reply.answer, SRV)
        if len(expected_srv[number]) != INSTANCES:
            raise WrongAnswer(f"rollcall: {owner} SRV: {expected_srv[number]}")
        lines += [f"{owner} SRV {text}" for text in expected_srv[number]]
        targets = {f"{name}. A {text}" for name, kind, _, text in reply.additional if kind == A}
        lines += sorted(targets)
    return "\n".join(lines) + "\n", expected_srv
