"""What is asked: the services, the query files, and a check that a server answers them rightly."""

import collections
import random
import socket
import struct

SERVICES = 1_000
INSTANCES = 3
A, SOA, AAAA, SRV, OPT = 1, 6, 28, 33, 41
NOERROR, NXDOMAIN = 0, 3


class WrongAnswer(Exception):
    """A server that answers wrongly is not worth measuring."""


def service(number):
    return f"svc-{number:04d}"


def owner(number):
    return f"{service(number)}.service.consul"


def addresses(number, instances=INSTANCES):
    first = number * instances + 1
    return [f"10.{index >> 16}.{index >> 8 & 255}.{index & 255}" for index in range(first, first + instances)]


def registrations(numbers=range(SERVICES), instances=INSTANCES):
    """JSON objects, one a line, as POST /import takes them."""
    for number in numbers:
        for instance, host in enumerate(addresses(number, instances)):
            yield f'{{"service":"{service(number)}","host":"{host}","port":{8000 + instance}}}\n'


# A question and what is right: the code, and which service's records; None where there are none.
Question = collections.namedtuple("Question", "name type code number has_edns", defaults=(NOERROR, None, False))


def shuffled(row, count=SERVICES):
    """All numbers once, in an order that is random and always the same."""
    numbers = list(range(count))
    random.Random(row).shuffle(numbers)
    return numbers


def random_case(name, source):
    return "".join(letter.upper() if source.random() < 0.5 else letter for letter in name)


def mix():
    """What programs behind resolv.conf send: A and AAAA together, for each name of the search list in turn.

    Half of the look-ups have dots enough to be asked as they are. The other half go through `search service.consul
    consul` first and miss twice. Independently of that, half have EDNS, and half mix the case of letters (0x20).
    """
    source = random.Random("mix")
    for number in shuffled("mix"):
        has_edns, mixes_case, searches = (source.random() < 0.5 for _ in range(3))
        misses = [f"{owner(number)}.service.consul", f"{owner(number)}.consul"] if searches else []
        for name in misses + [owner(number)]:
            code = NXDOMAIN if name in misses else NOERROR
            found = None if name in misses else number
            if mixes_case:
                name = random_case(name, source)
            yield Question(name, A, code, found, has_edns)
            yield Question(name, AAAA, code, None, has_edns)


# The questions of each row.
ROWS = {
    "A": lambda: [Question(owner(number), A, NOERROR, number) for number in shuffled("A")],
    "SRV": lambda: [Question(owner(number), SRV, NOERROR, number) for number in shuffled("SRV")],
    "NODATA": lambda: [Question(owner(number), AAAA) for number in shuffled("NODATA")],
    "NXDOMAIN": lambda: [
        Question(f"gone-{number:04d}.service.consul", A, NXDOMAIN) for number in shuffled("NXDOMAIN")
    ],
    "mix": lambda: list(mix()),
}


def write_queries(path, questions):
    """Writes a file for `dnsperf -B` and for `load`: each message behind its length."""
    with open(path, "wb") as file:
        for question in questions:
            message = query(question.name, question.type, has_edns=question.has_edns)
            file.write(struct.pack("!H", len(message)) + message)
    return path


def query(name, qtype, identifier=1, has_edns=False):
    wire = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    # Recursion is desired, as stubs have it; 1232 bytes are what they can take.
    head = struct.pack("!6H", identifier, 0x0100, 1, 0, 0, int(has_edns))
    additional = struct.pack("!BHHIH", 0, OPT, 1232, 0, 0) if has_edns else b""
    return head + wire + b"\0" + struct.pack("!2H", qtype, 1) + additional


def read_name(message, at):
    """The name at an offset as text, as it is written, and the offset behind it."""
    labels, end = [], None
    while message[at]:
        if message[at] >= 0xC0:
            end = end or at + 2
            at = struct.unpack_from("!H", message, at)[0] & 0x3FFF
            continue
        labels.append(message[at + 1 : at + 1 + message[at]].decode())
        at += 1 + message[at]
    return ".".join(labels), end or at + 1


class Reply:
    """A decoded response: its code, the name that was asked, and three lists of (name, type, TTL, text)."""

    def __init__(self, message):
        _, flags, questions, *counts = struct.unpack_from("!6H", message)
        self.code, self.is_response = flags & 15, bool(flags & 0x8000)
        self.is_truncated = bool(flags & 0x0200)
        at, self.name = 12, ""
        for _ in range(questions):
            self.name, at = read_name(message, at)
            at += 4
        self.answer, self.authority, self.additional = [], [], []
        for section, count in zip((self.answer, self.authority, self.additional), counts):
            for _ in range(count):
                name, at = read_name(message, at)
                rrtype, _, ttl, length = struct.unpack_from("!2HIH", message, at)
                at += 10
                section.append((name.lower(), rrtype, ttl, self.text(message, rrtype, at, length)))
                at += length

    @staticmethod
    def text(message, rrtype, at, length):
        if rrtype == A:
            return socket.inet_ntoa(message[at : at + 4])
        if rrtype == SRV:
            numbers = struct.unpack_from("!3H", message, at)
            return "%d %d %d " % numbers + read_name(message, at + 6)[0].lower() + "."
        return message[at : at + length].hex()


def ask(port, name, qtype, over_tcp=False, has_edns=False):
    kind = socket.SOCK_STREAM if over_tcp else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as client:
        client.settimeout(2)
        client.connect(("127.0.0.1", port))
        wire = query(name, qtype, has_edns=has_edns)
        if not over_tcp:
            client.send(wire)
            return Reply(client.recv(65_535))
        client.sendall(struct.pack("!H", len(wire)) + wire)
        stream = client.makefile("rb")
        return Reply(stream.read(struct.unpack("!H", stream.read(2))[0]))


def texts(records, rrtype):
    return sorted(text for _, kind, _, text in records if kind == rrtype)


def check(subject, port, questions, expected_srv, over_tcp=False):
    """Asks each question once; raises WrongAnswer for the first that is not answered as it was registered."""
    for question in questions:
        reply = ask(port, question.name, question.type, over_tcp, question.has_edns)
        wanted = []
        if question.number is not None:
            wanted = addresses(question.number) if question.type == A else expected_srv[question.number]
        got = texts(reply.answer, question.type)
        is_whole = got or texts(reply.authority, SOA)
        has_opt = any(kind == OPT for _, kind, _, _ in reply.additional)
        is_right = reply.code == question.code and got == sorted(wanted) and is_whole and not reply.is_truncated
        if not is_right or has_opt != question.has_edns or reply.name != question.name:
            raise WrongAnswer(f"{subject}: {question}: code {reply.code}, answer {got}, name {reply.name}")


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
        lines += [f"{owner(number)}. A {address}" for address in addresses(number)]
        reply = ask(port, owner(number), SRV, over_tcp=True)
        expected_srv[number] = texts(reply.answer, SRV)
        if len(expected_srv[number]) != INSTANCES:
            raise WrongAnswer(f"rollcall: {owner(number)} SRV: {expected_srv[number]}")
        lines += [f"{owner(number)}. SRV {text}" for text in expected_srv[number]]
        targets = {f"{name}. A {text}" for name, kind, _, text in reply.additional if kind == A}
        lines += sorted(targets)
    return "\n".join(lines) + "\n", expected_srv
