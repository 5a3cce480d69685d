"""HTTP requests that write, as files for `load http`: each whole request behind its length."""

import json
import struct


def text(body):
    return body if isinstance(body, str) else json.dumps(body, separators=(",", ":"))


def write_requests(path, requests):
    """Writes (method, target, body) triples."""
    with open(path, "wb") as file:
        for method, target, body in requests:
            body = text(body)
            head = f"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n"
            message = head.encode() + body.encode()
            file.write(struct.pack("!I", len(message)) + message)
    return path


def host(number):
    """An address for each number."""
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


# One new instance each; ten to a service, as real catalogs have them.

def native(prefix, number):
    body = {"service": f"{prefix}-{number // 10}", "host": host(number), "port": 8_000 + number % 10}
    return "POST", "/register", body


def agent(prefix, number):
    service = {"Name": f"{prefix}-{number // 10}", "ID": f"{prefix}-{number}", "Address": host(number), "Port": 8_000}
    return "PUT", "/v1/agent/service/register", service


def catalog(prefix, number):
    service = {"Service": f"{prefix}-{number // 10}", "ID": f"{prefix}-{number}", "Address": host(number), "Port": 8_000}
    node = {"Node": f"{prefix}-node-{number % 100}", "Address": host(number % 100)}
    return "PUT", "/v1/catalog/register", node | {"Service": service}


def transaction(prefix, number, size):
    """`size` instances on one node that is there."""
    operations = []
    for index in range(number * size, (number + 1) * size):
        service = {"Service": f"{prefix}-{index // 10}", "ID": f"{prefix}-{index}", "Address": host(index), "Port": 8_000}
        operations.append({"Service": {"Verb": "set", "Node": f"{prefix}-node", "Service": service}})
    return "PUT", "/v1/txn", operations


def leased(identifier):
    body = {"service": "beating", "id": identifier, "host": "10.0.0.1", "port": 1, "ttl": "1h"}
    return "POST", "/register", body


def checked(identifier):
    check = {"TTL": "1h", "Status": "passing"}
    service = {"Name": "checked", "ID": identifier, "Address": "10.0.0.1", "Port": 1, "Check": check}
    return "PUT", "/v1/agent/service/register", service


# Instances that change: some move from address to address, others have a check that is reported.

def line(name, identifier, address, has_check):
    """A line for /import. The check is critical until it is reported."""
    body = {"service": name, "id": identifier, "host": address, "port": 1}
    return json.dumps(body | ({"checks": [{"id": "told", "ttl": "1h"}]} if has_check else {})) + "\n"


def move(name, identifier, address):
    return "POST", "/register", line(name, identifier, address, False)


def flip(identifier, status):
    return "PUT", f"/v1/agent/check/{status}/{identifier}:told", ""
