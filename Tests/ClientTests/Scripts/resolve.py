"""Asks Rollcall with dnspython; prints one line for each question."""

import ipaddress

import dns.exception
import dns.resolver
import dns.reversename

resolver = dns.resolver.get_default_resolver()
resolver.lifetime = 3


def show(label, *words):
    print(label, *words)


def addresses(name, kind="A", search=False):
    return sorted(a.address for a in resolver.resolve(name, kind, search=search))


show("a", *addresses("payment.service.consul"))
six = ipaddress.ip_address(addresses("six.service.consul", "AAAA")[0])
show("aaaa", ":".join(format(int(group, 16), "x") for group in six.exploded.split(":")))
records = resolver.resolve("_payment._tcp.service.consul", "SRV")
services = sorted((r.port, r.target.to_text(omit_final_dot=True)) for r in records)
show("srv", *(word for pair in services for word in pair))
show("target", *addresses(services[0][1]))
reverse = resolver.resolve(dns.reversename.from_address("10.0.1.1"), "PTR")
show("reverse", reverse[0].target.to_text(omit_final_dot=True))
show("upper", *addresses("PAYMENT.Service.CONSUL"))
show("search", *addresses("payment", search=True))
show("many", len(addresses("fleet.service.consul")))
try:
    resolver.resolve("missing.service.consul", "A")
except dns.resolver.NXDOMAIN:
    show("no", "name")
try:
    resolver.resolve("payment.service.consul", "AAAA")
except dns.resolver.NoAnswer:
    show("no", "type")
