"""patroni_members.py SETTINGS DNS_PORT: two of Patroni's members agree on a leader through a Rollcall.

SETTINGS is a file with Patroni's consul section. Nothing of PostgreSQL runs: the members are Patroni's own class for
Consul, called as its loop calls it.
"""

import concurrent.futures
import copy
import http.server
import sys
import threading
import time

import dns.resolver
import yaml
from patroni.dcs import get_dcs

# Patroni gives its session half of this: ten seconds, the least that Consul allows.
TTL_SECONDS = 20
SESSION_SECONDS = TTL_SECONDS / 2


class Health(http.server.BaseHTTPRequestHandler):
    """A member's REST interface, as far as a health check reads it."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


def member(settings, name):
    own = copy.deepcopy(settings)
    return get_dcs(
        {**own, "scope": "demo", "namespace": "service", "name": name}
        | {"ttl": TTL_SECONDS, "retry_timeout": 10, "loop_wait": 1}
    )


def eventually(what, condition, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s: {what}")


def addresses(port, name):
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], port
    try:
        return [record.address for record in resolver.resolve(name, "A")]
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []


def state(name, role, rest_port):
    address = {"first": "10.0.4.1", "second": "10.0.4.2"}[name]
    return {
        "role": role,
        "state": "running",
        "conn_url": f"postgres://{address}:5432/postgres",
        "api_url": f"http://127.0.0.1:{rest_port}/patroni",
        "xlog_location": 1,
    }


def begin(first, second):
    """One of two initialises the cluster and takes the lock."""
    assert first.initialize(create_new=True) is True
    assert second.initialize(create_new=True) is False
    assert first.attempt_to_acquire_leader() is True
    assert second.attempt_to_acquire_leader() is False
    assert first.initialize(create_new=False, sysid="7001") is True
    cluster = second.get_cluster()
    assert (cluster.leader.name, cluster.initialize) == ("first", "7001"), cluster
    print("one of two initialises, and leads")


def settings_of_the_cluster(first):
    """The other keys that Patroni keeps, by compare and set."""
    assert first.set_config_value('{"ttl":20}', version=0) is True
    version = first.get_cluster().config.modify_version
    assert first.set_config_value('{"ttl":30}', version=1) is False
    assert first.set_config_value('{"ttl":30}', version=version) is True
    assert first.set_history_value("[]") is True
    assert first.set_failover_value('{"leader":"first"}') is True
    sync = first.set_sync_state_value('{"leader":"first"}', version=0)
    assert isinstance(sync, int) and sync > 0, sync
    assert first.set_sync_state_value("{}", version=1) is False
    assert first.delete_sync_state(version=sync) is True
    cluster = first.get_cluster()
    assert cluster.config.data == {"ttl": 30} and cluster.failover.leader == "first", cluster
    print("configuration, history, failover and sync state are kept")


def members(first, second, rest_port, dns_port):
    """Members announce themselves, as keys and as a service that is checked."""
    first.get_cluster(), second.get_cluster()
    assert first.touch_member(state("first", "primary", rest_port)) is True
    assert second.touch_member(state("second", "replica", rest_port)) is True
    assert {one.name for one in first.get_cluster().members} == {"first", "second"}
    eventually("the leader is found by name", lambda: addresses(dns_port, "primary.demo.service.consul") == ["10.0.4.1"])
    eventually("the other too", lambda: addresses(dns_port, "replica.demo.service.consul") == ["10.0.4.2"])
    assert addresses(dns_port, "master.demo.service.consul") == ["10.0.4.1"]
    print("members are keys and instances")


def hand_over(first, second):
    """The leader gives the lock away; who watches it knows at once."""
    cluster = second.get_cluster()
    assert first.update_leader(first.get_cluster(), 100) is True
    assert second.get_cluster().status.last_lsn == 100
    with concurrent.futures.ThreadPoolExecutor(1) as other:
        start = time.monotonic()
        watching = other.submit(second.watch, cluster.leader.version, 20)
        assert first.delete_leader(first.get_cluster().leader) is True
        assert watching.result(20) is True
        assert time.monotonic() - start < 5
    assert second.get_cluster().is_unlocked()
    assert second.attempt_to_acquire_leader() is True
    assert first.attempt_to_acquire_leader() is False
    print("the lock is handed over")


def fail_over(first, second):
    """The leader renews, then falls silent; its session ends and the other leads."""
    end = time.monotonic() + SESSION_SECONDS + 2
    while time.monotonic() < end:
        cluster = first.get_cluster()
        assert cluster.leader and cluster.leader.name == "second", cluster
        assert second.update_leader(second.get_cluster(), 200) is True
        first.refresh_session()
        first.watch(cluster.leader.version, 1)
    print("a leader that renews keeps the lock beyond its TTL")
    silent = time.monotonic()
    while not (cluster := first.get_cluster()).is_unlocked():
        assert time.monotonic() - silent < 4 * SESSION_SECONDS, cluster
        first.refresh_session()
        first.watch(cluster.leader.version, 2)
    waited = time.monotonic() - silent
    assert waited > SESSION_SECONDS - 2, waited
    assert first.attempt_to_acquire_leader() is True
    assert first.get_cluster().leader.name == "first"
    assert "second" not in {one.name for one in first.get_cluster().members}
    print("a leader that falls silent loses the lock, and its member key")


def end(first):
    assert first.cancel_initialization() is True
    assert not first.get_cluster().initialize
    assert first.delete_cluster() is True
    assert first.get_cluster().is_empty()
    print("the cluster is deleted")


def main():
    with open(sys.argv[1]) as file:
        settings = yaml.safe_load(file)
    rest = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Health)
    threading.Thread(target=rest.serve_forever, daemon=True).start()
    first, second = member(settings, "first"), member(settings, "second")
    begin(first, second)
    settings_of_the_cluster(first)
    members(first, second, rest.server_address[1], int(sys.argv[2]))
    hand_over(first, second)
    fail_over(first, second)
    end(first)


main()
