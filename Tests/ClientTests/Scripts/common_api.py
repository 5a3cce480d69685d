"""What py-consul and python-consul2 call by the same names, with what must come back."""

import base64
import concurrent.futures

import consul

from surface import raises


def node_name(client):
    return client.agent.self()["Config"]["NodeName"]


def agent(surface):
    c = surface.client
    me = c.agent.self()
    node = me["Config"]["NodeName"]
    assert me["Config"]["Datacenter"] == "dc1", me["Config"]
    assert me["Member"]["Name"] == node and me["Member"]["Status"] == 1, me["Member"]
    assert [member["Name"] for member in c.agent.members()] == [node]
    assert isinstance(c.agent.members(wan=True), list)

    assert c.agent.service.register(
        "web",
        service_id="web-1",
        address="10.0.1.1",
        port=8080,
        tags=["v1", "blue"],
        meta={"version": "7"},
        check=consul.Check.ttl("60s"),
        enable_tag_override=True,
    )
    web = c.agent.services()["web-1"]
    assert (web["Service"], web["Address"], web["Port"]) == ("web", "10.0.1.1", 8080), web
    assert web["Tags"] == ["v1", "blue"] and web["Meta"] == {"version": "7"}, web
    assert web["EnableTagOverride"] is True, web

    check = "service:web-1"
    assert c.agent.checks()[check]["Status"] == "critical"
    for report, status in ((c.agent.check.ttl_pass, "passing"), (c.agent.check.ttl_warn, "warning")):
        assert report(check, notes=f"it is {status}")
        found = c.agent.checks()[check]
        assert (found["Status"], found["Output"]) == (status, f"it is {status}"), found
    assert c.agent.check.ttl_fail(check)
    assert c.agent.checks()[check]["Status"] == "critical"
    surface.refused(404, "Unknown check", c.agent.check.ttl_pass, "no-such-check")
    surface.called["agent.check.ttl_pass"] = "works"

    assert c.agent.check.register(
        "memory", consul.Check.ttl("60s"), check_id="memory", notes="resident", service_id="web-1"
    )
    memory = c.agent.checks()["memory"]
    assert (memory["ServiceID"], memory["Notes"]) == ("web-1", "resident"), memory
    kinds = {
        "http": consul.Check.http("http://127.0.0.1:1/", "10s", timeout="1s", header={"x-from": ["test"]}),
        "tcp": consul.Check.tcp("127.0.0.1", 1, "10s", timeout="1s", deregister="10m"),
        "grpc": consul.Check.grpc("127.0.0.1:1", "10s"),
    }
    for kind, definition in kinds.items():
        assert c.agent.check.register(kind, definition, check_id=kind), kind
        assert c.agent.checks()[kind]["Type"] == kind, kind
        assert c.agent.check.deregister(kind), kind
    script = consul.Check.script(["/bin/true"], "10s")
    error = raises(consul.ConsulException, c.agent.check.register, "script", script)
    assert "cript" in str(error), error
    assert "script" not in c.agent.checks()
    docker = consul.Check.docker("id", "/bin/sh", "true", "10s")
    raises(consul.ConsulException, c.agent.check.register, "docker", docker)
    assert c.agent.check.deregister("memory")
    assert "memory" not in c.agent.checks()

    assert c.agent.service.maintenance("web-1", True, "upgrade")
    state = c.agent.checks()["_service_maintenance:web-1"]
    assert (state["Status"], state["Notes"]) == ("critical", "upgrade"), state
    assert c.agent.service.maintenance("web-1", False)
    assert "_service_maintenance:web-1" not in c.agent.checks()
    assert c.agent.maintenance(True, "new disks")
    assert c.agent.checks()["_node_maintenance"]["Notes"] == "new disks"
    assert c.agent.maintenance(False)
    assert "_node_maintenance" not in c.agent.checks()

    assert c.agent.service.deregister("web-1")
    assert "web-1" not in c.agent.services()
    surface.refused(404, "Unknown service", c.agent.service.deregister, "web-1")
    surface.called["agent.service.deregister"] = "works"


def catalog(surface):
    c = surface.client
    service = {"service": "db", "id": "db-1", "port": 5432, "tags": ["primary"], "address": "10.0.9.2"}
    check = {"node": "db-node", "name": "disk", "checkid": "disk", "serviceid": "db-1", "status": "passing"}
    assert c.catalog.register("db-node", "10.0.9.1", service=service, check=check)
    assert c.catalog.datacenters() == ["dc1"]
    index, nodes = c.catalog.nodes()
    assert int(index) > 0 and "db-node" in [node["Node"] for node in nodes], nodes
    index, services = c.catalog.services()
    assert services["db"] == ["primary"], services
    index, found = c.catalog.service("db", tag="primary")
    assert [(one["Node"], one["ServiceAddress"], one["ServicePort"]) for one in found] == [
        ("db-node", "10.0.9.2", 5432)
    ], found
    assert c.catalog.service("db", tag="replica")[1] == []
    assert c.catalog.service("db", consistency="stale", near="_agent", dc="dc1")[1] == found
    index, node = c.catalog.node("db-node")
    assert node["Node"]["Address"] == "10.0.9.1" and "db-1" in node["Services"], node
    assert c.catalog.node("no-such-node")[1] is None

    with concurrent.futures.ThreadPoolExecutor(1) as other:
        waiting = other.submit(c.catalog.service, "db", index=index, wait="30s")
        assert c.catalog.register("db-node", "10.0.9.1", service={**service, "port": 5433})
        newer, found = waiting.result(20)
    assert int(newer) > int(index) and found[0]["ServicePort"] == 5433, found

    assert c.catalog.deregister("db-node", check_id="disk")
    assert c.health.node("db-node")[1] == []
    assert c.catalog.deregister("db-node", service_id="db-1")
    assert "db" not in c.catalog.services()[1]
    assert c.catalog.deregister("db-node")
    assert "db-node" not in [node["Node"] for node in c.catalog.nodes()[1]]


def health(surface):
    c = surface.client
    for number, status in ((1, "passing"), (2, "critical")):
        c.catalog.register(
            f"cache-{number}",
            f"10.0.8.{number}",
            service={"service": "cache", "id": f"cache-{number}", "port": 6379, "tags": ["hot", f"n{number}"]},
            check={"name": "ping", "checkid": f"ping-{number}", "serviceid": f"cache-{number}", "status": status},
        )
    index, every = c.health.service("cache")
    assert [entry["Node"]["Node"] for entry in every] == ["cache-1", "cache-2"], every
    assert int(index) > 0
    assert every[0]["Service"]["Port"] == 6379 and every[0]["Checks"][0]["Status"] == "passing", every
    assert [entry["Service"]["ID"] for entry in c.health.service("cache", passing=True)[1]] == ["cache-1"]
    assert [entry["Service"]["ID"] for entry in c.health.service("cache", tag="n2")[1]] == ["cache-2"]
    assert c.health.service("nothing")[1] == []
    assert [check["CheckID"] for check in c.health.checks("cache")[1]] == ["ping-1", "ping-2"]
    assert [check["CheckID"] for check in c.health.state("critical")[1]] == ["ping-2"]
    assert {"ping-1", "ping-2"} <= {check["CheckID"] for check in c.health.state("any")[1]}
    assert [check["CheckID"] for check in c.health.node("cache-1")[1]] == ["ping-1"]
    for number in (1, 2):
        c.catalog.deregister(f"cache-{number}")


def status(surface):
    c = surface.client
    leader = c.status.leader()
    assert ":" in leader, leader
    assert c.status.peers() == [leader]


def key_value(surface):
    c = surface.client
    index, nothing = c.kv.get("app/none")
    assert nothing is None and int(index) > 0, (index, nothing)
    assert c.kv.put("app/name", "rollcall", flags=42) is True
    index, entry = c.kv.get("app/name")
    assert (entry["Key"], entry["Value"], entry["Flags"]) == ("app/name", b"rollcall", 42), entry
    assert entry["LockIndex"] == 0 and entry["CreateIndex"] == entry["ModifyIndex"] <= int(index), entry
    assert c.kv.put("app/bytes", bytes(range(256))) is True
    assert c.kv.get("app/bytes")[1]["Value"] == bytes(range(256))
    assert c.kv.put("app/folder/", None) is True
    assert c.kv.get("app/folder/")[1]["Value"] is None

    assert c.kv.put("app/name", "again", cas=entry["ModifyIndex"]) is True
    assert c.kv.put("app/name", "late", cas=entry["ModifyIndex"]) is False
    assert c.kv.put("app/name", "new", cas=0) is False
    assert c.kv.get("app/name", consistency="consistent")[1]["Value"] == b"again"

    c.kv.put("app/folder/deep", "1")
    assert c.kv.get("app/", keys=True)[1] == ["app/bytes", "app/folder/", "app/folder/deep", "app/name"]
    assert c.kv.get("app/", keys=True, separator="/")[1] == ["app/bytes", "app/folder/", "app/name"]
    assert [entry["Key"] for entry in c.kv.get("app/folder/", recurse=True)[1]] == ["app/folder/", "app/folder/deep"]
    assert c.kv.get("nowhere/", recurse=True)[1] is None

    index, _ = c.kv.get("app/name")
    with concurrent.futures.ThreadPoolExecutor(1) as other:
        waiting = other.submit(c.kv.get, "app/name", index=index, wait="30s")
        c.kv.put("app/name", "woken")
        newer, entry = waiting.result(20)
    assert int(newer) > int(index) and entry["Value"] == b"woken", entry

    assert c.kv.delete("app/name", cas=1) is False
    assert c.kv.delete("app/name", cas=entry["ModifyIndex"]) is True
    assert c.kv.get("app/name")[1] is None
    assert c.kv.delete("app/", recurse=True) is True
    assert c.kv.get("app/", keys=True)[1] is None


def session(surface):
    c = surface.client
    node = node_name(c)
    first = c.session.create("first", lock_delay=0, ttl=60)
    second = c.session.create("second", behavior="delete", lock_delay=0)
    index, info = c.session.info(first)
    assert (info["ID"], info["Name"], info["Node"]) == (first, "first", node), info
    assert (info["Behavior"], info["TTL"], info["LockDelay"]) == ("release", "60s", 0), info
    assert {one["ID"] for one in c.session.list()[1]} == {first, second}
    assert {one["ID"] for one in c.session.node(node)[1]} == {first, second}
    assert c.session.renew(first)["ID"] == first

    assert c.kv.put("lock", "mine", acquire=first) is True
    assert c.kv.put("lock", "stolen", acquire=second) is False
    entry = c.kv.get("lock")[1]
    assert (entry["Session"], entry["LockIndex"], entry["Value"]) == (first, 1, b"mine"), entry
    assert c.kv.put("lock", "free", release=second) is False
    assert c.kv.put("lock", "free", release=first) is True
    assert "Session" not in c.kv.get("lock")[1]
    assert c.kv.put("lock", "yours", acquire=second) is True
    assert c.session.destroy(second) is True
    assert c.kv.get("lock")[1] is None
    assert c.session.destroy(first) is True
    raises(consul.NotFound, c.session.renew, first)
    assert c.session.info(first)[1] is None
    assert c.session.list()[1] == []
    error = raises(consul.ConsulException, c.kv.put, "lock", "late", acquire=first)
    assert "invalid session" in str(error), error


def transaction(surface):
    c = surface.client
    value = base64.b64encode(b"1").decode()
    operations = [
        {"KV": {"Verb": "set", "Key": "txn/a", "Value": value}},
        {"KV": {"Verb": "get", "Key": "txn/a"}},
    ]
    reply = c.txn.put(operations)
    assert not reply.get("Errors"), reply
    assert reply["Results"][1]["KV"]["Value"] == value, reply
    mixed = [
        {"KV": {"Verb": "set", "Key": "txn/b", "Value": value}},
        {"KV": {"Verb": "cas", "Key": "txn/a", "Value": value, "Index": 1}},
    ]
    error = raises(consul.ConsulException, c.txn.put, mixed)
    assert "409" in str(error) and "OpIndex" in str(error), error
    assert c.kv.get("txn/b")[1] is None
    c.kv.delete("txn/", recurse=True)


def event(surface):
    c = surface.client
    fired = c.event.fire("deploy", "v7", service="web")
    assert fired["Name"] == "deploy" and fired["ServiceFilter"] == "web" and fired["ID"], fired
    index, events = c.event.list()
    assert [one["ID"] for one in events] == [fired["ID"]], events
    payload = events[0]["Payload"]
    assert payload in (b"v7", base64.b64encode(b"v7").decode()), events
    assert c.event.list("other")[1] == []


def coordinate(surface):
    """Nobody measures distances here, so the lists are empty."""
    c = surface.client
    assert c.coordinate.datacenters() == []
    assert isinstance(c.coordinate.nodes()[1], list)


def query(surface):
    c = surface.client
    c.agent.service.register("api", service_id="api-1", address="10.0.7.1", port=80, tags=["eu"])
    c.agent.service.register("api", service_id="api-2", address="10.0.7.2", port=80, tags=["us"])
    created = c.query.create("api", "europe", tags=["eu"], onlypassing=True, ttl="10s")
    identifier = created["ID"]
    assert [one["Name"] for one in c.query.list()] == ["europe"]
    definition = c.query.get(identifier)[0]
    assert definition["Service"]["Service"] == "api" and definition["Service"]["Tags"] == ["eu"], definition
    found = c.query.execute("europe")
    assert [one["Service"]["ID"] for one in found["Nodes"]] == ["api-1"], found
    assert (found["Service"], found["Datacenter"], found["DNS"]["TTL"]) == ("api", "dc1", "10s"), found
    # Both libraries make each query a template, which has no name of its own to be found by its ID.
    surface.refused(500, "only be resolved up by name", c.query.execute, identifier)
    assert c.query.update(identifier, "api", "america", tags=["us"]) is True
    found = c.query.execute("america", near="_agent", limit=1)
    assert [one["Service"]["ID"] for one in found["Nodes"]] == ["api-2"], found
    explained = c.query.explain("america")
    assert explained["Query"]["Name"] == "america", explained
    assert c.query.delete(identifier) is True
    assert c.query.list() == []
    surface.refused(404, "not found", c.query.execute, "america")
    surface.called["query.execute"] = "works"
    for number in (1, 2):
        c.agent.service.deregister(f"api-{number}")


ALL = [agent, catalog, health, status, key_value, session, transaction, event, coordinate, query]
