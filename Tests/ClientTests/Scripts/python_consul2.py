"""python_consul2.py PORT [limited]: uses python-consul2 against a Rollcall, and checks what comes back.

All of its methods; with "limited" those about tokens, against a Rollcall that limits access.
"""

import os
import sys
import tempfile

import consul

import common_api
from surface import Surface


def snapshot(surface):
    c = surface.client
    c.kv.put("kept", "before")
    archive = c.snapshot.get()
    c.kv.put("kept", "after")
    c.snapshot.put(archive)
    assert c.kv.get("kept")[1]["Value"] == b"before"
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "snapshot")
        assert c.snapshot.save(file) is True
        c.kv.delete("kept")
        assert c.snapshot.restore(file) is True
    assert c.kv.get("kept")[1]["Value"] == b"before"
    c.kv.delete("kept")


def operator(surface):
    c = surface.client
    node = common_api.node_name(c)
    for configuration in (c.operator.raft_config(), c.operator.raft.configuration()):
        servers = configuration["Servers"]
        assert [(one["Node"], one["Leader"], one["Voter"]) for one in servers] == [(node, True, True)], servers
    assert c.operator.autopilot.health()["Healthy"] is True


def refused(surface):
    """What belongs to a mesh, to gossip or to Raft; each is refused in words."""
    c = surface.client
    absent = [
        (c.agent.connect.authorize, "web", "spiffe://x/ns/default/dc/dc1/svc/web", "01"),
        # The library forgets the version in this path.
        (c.agent.connect.leaf_certificates, "web"),
        (c.connect.intentions.get, "id"),
        (c.connect.intentions.put, "id"),
        (c.connect.intentions.delete, "id"),
        (c.connect.intentions.check, "a", "b"),
        (c.connect.intentions.list_match, "source", "a"),
        (c.config.get, "proxy-defaults", "global"),
        (c.operator.autopilot.configuration,),
        (c.operator.autopilot.update, {}),
        (c.operator.keyring.create, "a"),
        (c.operator.keyring.update, "a"),
        (c.operator.keyring.delete, "a"),
        (c.operator.keyring.list,),
        (c.operator.raft.delete, None, "127.0.0.1:8300"),
    ]
    unsupported = [
        (c.agent.join, "127.0.0.1"),
        (c.config.put, {"Kind": "proxy-defaults", "Name": "global"}),
    ]
    mesh = [(c.agent.connect.root_certificates,), (c.connect.certificates.list,), (c.connect.certificates.current,)]
    read_only = [
        (c.connect.certificates.put, {}, "consul"),
        (c.connect.intentions.create, "a", "b", "consul", "allow"),
        (c.config.delete, "proxy-defaults", "global"),
    ]
    surface.all_refused(404, "", absent)
    surface.all_refused(405, "not allowed", read_only)
    surface.all_refused(501, "Not supported: ", unsupported)
    surface.all_refused(500, "Connect must be enabled", mesh)
    surface.refused(500, "No node found", c.agent.force_leave, "other")
    assert c.connect.intentions.list() == []
    assert c.config.list("proxy-defaults") == []


def access_without_lists(surface):
    """Every call about tokens is refused while access is not limited."""
    c = surface.client
    acl = c.acl
    calls = [
        (acl.self,),
        (acl.bootstrap,),
        (acl.replication,),
        (acl.login, "method", "bearer"),
        (acl.logout,),
        (acl.tokens.create, {}),
        (acl.tokens.get, "id"),
        (acl.tokens.self,),
        (acl.tokens.update, {}, "id"),
        (acl.tokens.clone, "description"),
        (acl.tokens.delete, "id"),
        (acl.tokens.list,),
        (acl.policy.create, "name"),
        (acl.policy.get, "id"),
        (acl.policy.update, "id", "name"),
        (acl.policy.delete, "id"),
        (acl.policy.list,),
        (acl.roles.create, {}),
        (acl.roles.get, "id"),
        (acl.roles.get_by_name, "name"),
        (acl.roles.update, {}, "id"),
        (acl.roles.delete, "id"),
        (acl.roles.list,),
        (acl.auth_method.create, {}),
        (acl.auth_method.get, "name"),
        (acl.auth_method.update, {}, "name"),
        (acl.auth_method.delete, "name"),
        (acl.auth_method.list,),
        (acl.binding_rule.create, {}),
        (acl.binding_rule.get, "id"),
        (acl.binding_rule.update, {}, "id"),
        (acl.binding_rule.delete, "id"),
        (acl.binding_rule.list,),
    ]
    surface.all_refused(401, "ACL support disabled", calls)


def access_of_old(surface):
    """The interface that Consul itself dropped in 1.11."""
    acl = surface.client.acl
    calls = [(acl.create_translate, "rules"), (acl.get_translate, "id")]
    for part in (acl, acl.legacy_tokens):
        calls += [
            (part.list,),
            (part.info, "id"),
            (part.create,),
            (part.update, "id"),
            (part.clone, "id"),
            (part.destroy, "id"),
        ]
    surface.all_refused(410, "removed in Consul 1.11", calls)


def access(surface):
    """Tokens with policies allow what they say, and nothing else."""
    c = surface.client
    c.token = c.acl.bootstrap()["SecretID"]
    rules = 'service "web" { policy = "write" } node_prefix "" { policy = "read" }'
    policy = c.acl.policy.create("web", description="may register web", rules=rules)
    assert c.acl.policy.get(policy["ID"])["Rules"] == rules
    made = c.acl.tokens.create({"Description": "for web", "Policies": [{"Name": "web"}]})
    accessor = made["AccessorID"]
    assert c.acl.tokens.get(accessor)["Policies"][0]["Name"] == "web"

    web = type(c)(port=c.http.port, token=made["SecretID"])
    assert web.acl.tokens.self()["AccessorID"] == accessor
    assert web.agent.service.register("web", port=80)
    try:
        web.agent.service.register("db")
    except consul.ACLPermissionDenied as denied:
        assert "Permission denied" in str(denied), denied
    else:
        raise AssertionError("db was allowed")
    assert "web" not in type(c)(port=c.http.port).catalog.services()[1]
    assert c.acl.tokens.delete(accessor) is True
    assert c.acl.policy.delete(policy["ID"]) is True
    assert c.acl.roles.list() == [] and c.acl.auth_method.list() == [] and c.acl.binding_rule.list() == []
    assert c.acl.replication()["Enabled"] is False


def main():
    surface = Surface(consul.Consul(port=int(sys.argv[1]), timeout=20))
    if sys.argv[2:] == ["limited"]:
        surface.section(access)
        return surface.failed()
    own = [operator, snapshot, refused, access_without_lists, access_of_old]
    for section in common_api.ALL + own:
        surface.section(section)
    return surface.report()


sys.exit(main())
