"""py_consul.py PORT [limited]: uses py-consul against a Rollcall, and checks what comes back.

All of its methods; with "limited" those about tokens, against a Rollcall that limits access.
"""

import sys

import consul

import common_api
from surface import Surface, raises


def agent(surface):
    c = surface.client
    node = common_api.node_name(c)
    c.agent.service.register(
        "shop",
        service_id="shop-1",
        address="10.0.6.1",
        port=80,
        check=consul.Check.ttl("60s"),
        extra_checks=[consul.Check.ttl("90s")],
        weights={"Passing": 10, "Warning": 1},
        tagged_addresses={"lan": {"address": "10.0.6.2", "port": 81}},
        replace_existing_checks=True,
    )
    shop = c.agent.service_definition("shop-1")
    assert shop["Weights"] == {"Passing": 10, "Warning": 1} and shop["ContentHash"], shop
    assert shop["TaggedAddresses"]["lan"] == {"Address": "10.0.6.2", "Port": 81}, shop
    assert c.agent.service_definition("no-such-service") is None
    assert sorted(c.agent.checks('ServiceName == "shop"')) == ["service:shop-1:1", "service:shop-1:2"]
    assert list(c.agent.services('Service == "shop"')) == ["shop-1"]
    assert c.agent.services('Service == "none"') == {}
    c.agent.service.deregister("shop-1")

    assert "rollcall_" in c.agent.metrics(format_prometheus=True)
    assert isinstance(c.agent.metrics(), dict)
    c.catalog.register("far", "10.0.5.1", node_meta={"zone": "a"}, tagged_addresses={"wan": "192.0.2.5"})
    found = c.catalog.nodes(filter_expr='Node == "far"')[1][0]
    assert found["TaggedAddresses"]["wan"] == "192.0.2.5", found
    assert [one["Node"] for one in c.catalog.nodes(near="_agent", filter_expr=f'Node != "{node}"')[1]] == ["far"]
    c.catalog.deregister("far")


def mesh_answers(surface):
    """Without a mesh these lists are empty."""
    c = surface.client
    assert c.catalog.connect("web")[1] == []
    assert c.health.connect("web")[1] == []
    assert c.health.ingress("web")[1] == []
    assert not c.catalog.gateway_services("web")


def coordinate(surface):
    c = surface.client
    node = common_api.node_name(c)
    assert c.coordinate.node("no-such-node")[1] is None
    position = {"Vec": [0.0] * 8, "Error": 1.5, "Adjustment": 0.0, "Height": 1e-05}
    assert c.coordinate.update(node, position) is True


def snapshot(surface):
    c = surface.client
    c.kv.put("kept", "before")
    archive = c.snapshot.save()
    c.kv.put("kept", "after")
    c.kv.put("new", "after")
    assert c.snapshot.restore(archive) is True
    assert c.kv.get("kept")[1]["Value"] == b"before"
    assert c.kv.get("new")[1] is None
    c.kv.delete("kept")


def operator(surface):
    c = surface.client
    node = common_api.node_name(c)
    servers = c.operator.raft_config()["Servers"]
    assert [(one["Node"], one["Leader"], one["Voter"]) for one in servers] == [(node, True, True)], servers
    assert c.operator.autopilot_health()["Healthy"] is True


def refused(surface):
    """What belongs to a mesh, to gossip or to Raft; each is refused in words."""
    c = surface.client
    absent = [
        (c.agent.connect.authorize, "web", "spiffe://x/ns/default/dc/dc1/svc/web", "01"),
        (c.connect.intentions.upsert, "a", "b"),
        (c.connect.intentions.read, "a", "b"),
        (c.connect.intentions.delete, "a", "b"),
        (c.connect.intentions.check, "a", "b"),
        (c.connect.intentions.match, "source", "a"),
        (c.operator.raft_remove_peer, "127.0.0.1:8300"),
        (c.operator.raft_transfer_leader,),
        (c.operator.autopilot_configuration,),
        (c.operator.update_autopilot_configuration,),
        (c.operator.keyring_list,),
        (c.operator.keyring_install, "a"),
        (c.operator.keyring_use, "a"),
        (c.operator.keyring_remove, "a"),
        (c.operator.usage,),
        (c.acl.templated_policy.list,),
        (c.acl.templated_policy.read, "builtin/dns"),
        (c.acl.templated_policy.preview, "builtin/dns", {}),
    ]
    unsupported = [
        (c.agent.join, "127.0.0.1"),
        (c.agent.leave,),
        (c.agent.reload,),
        (c.agent.monitor,),
        (c.config.set, "proxy-defaults", "global", {}),
        (c.agent.token.set, "default", "secret"),
        (c.agent.token.set_default, "secret"),
        (c.agent.token.set_agent, "secret"),
        (c.agent.token.set_agent_recovery, "secret"),
        (c.agent.token.set_replication, "secret"),
        (c.agent.token.set_config_file_service_registration, "secret"),
    ]
    mesh = [
        (c.agent.connect.ca.roots,),
        (c.agent.connect.ca.leaf, "web"),
        (c.connect.ca.roots,),
        (c.connect.ca.configuration,),
        (c.discovery_chain.get, "web"),
    ]
    read_only = [
        (c.connect.ca.update_configuration, "consul", {}),
        (c.config.delete, "proxy-defaults", "global"),
    ]
    surface.all_refused(404, "", absent)
    surface.all_refused(405, "not allowed", read_only)
    surface.all_refused(501, "Not supported: ", unsupported)
    surface.all_refused(500, "Connect must be enabled", mesh)
    surface.refused(500, "No node found", c.agent.force_leave, "other")
    assert c.connect.intentions.list() == []
    assert c.config.list("proxy-defaults") == []
    surface.refused(404, "", c.config.get, "proxy-defaults", "global")


def access_without_lists(surface):
    """Every call about tokens is refused while access is not limited."""
    c = surface.client
    acl = c.acl
    binding = (acl.binding_rule.create, "method", "service", "web")
    calls = [
        (acl.bootstrap,),
        (acl.login, "method", "bearer"),
        (acl.logout, "token"),
        (acl.token.list,),
        (acl.token.read, "id"),
        (acl.token.read_self,),
        (acl.token.delete, "id"),
        (acl.token.clone, "id"),
        (acl.token.create,),
        (acl.token.update, "id"),
        (acl.policy.list,),
        (acl.policy.read, "id"),
        (acl.policy.create, "name"),
        (acl.policy.update, "id", "name"),
        (acl.policy.delete, "id"),
        (acl.role.list,),
        (acl.role.read, "id"),
        (acl.role.read_by_name, "name"),
        (acl.role.create, "name"),
        (acl.role.update, "id", "name"),
        (acl.role.delete, "id"),
        (acl.auth_method.list,),
        (acl.auth_method.read, "name"),
        (acl.auth_method.create, "name", "jwt"),
        (acl.auth_method.update, "name", "jwt"),
        (acl.auth_method.delete, "name"),
        (acl.binding_rule.list,),
        (acl.binding_rule.read, "id"),
        binding,
        (acl.binding_rule.update, "id", *binding[1:]),
        (acl.binding_rule.delete, "id"),
    ]
    surface.all_refused(401, "ACL support disabled", calls)


def access(surface):
    """Tokens with policies allow what they say, and nothing else."""
    c = surface.client
    c.token = c.acl.bootstrap()["SecretID"]
    surface.refused(403, "bootstrap", c.acl.bootstrap)
    rules = {"service": {"web": {"policy": "write"}}, "node_prefix": {"": {"policy": "read"}}}
    policy = c.acl.policy.create("web", description="may register web", rules=rules)
    assert c.acl.policy.read(policy["ID"])["Name"] == "web"
    assert "web" in [one["Name"] for one in c.acl.policy.list()]
    made = c.acl.token.create(policies_id=[policy["ID"]], description="for web")
    accessor = made["AccessorID"]
    assert c.acl.token.read(accessor)["Description"] == "for web"
    assert accessor in [one["AccessorID"] for one in c.acl.token.list()]

    web = type(c)(port=c.http.port, token=made["SecretID"])
    assert web.acl.token.read_self()["AccessorID"] == accessor
    assert web.agent.service.register("web", port=80)
    for call, *arguments in [(web.agent.service.register, "db"), (web.acl.token.list,)]:
        try:
            call(*arguments)
        except consul.ACLPermissionDenied as denied:
            assert "Permission denied" in str(denied), denied
        else:
            raise AssertionError(f"{arguments} was allowed")
    assert "web" in web.catalog.services()[1]
    assert "web" not in type(c)(port=c.http.port).catalog.services()[1]

    rules["service"]["db"] = {"policy": "write"}
    c.acl.policy.update(policy["ID"], "web", rules=rules)
    assert web.agent.service.register("db", port=5432)
    clone = c.acl.token.clone(accessor, description="again")
    assert clone["SecretID"] != made["SecretID"], clone
    updated = c.acl.token.update(accessor, policies_id=[policy["ID"]], description="still for web")
    assert updated["Description"] == "still for web", updated
    assert c.acl.token.delete(accessor) is True
    assert c.acl.policy.delete(policy["ID"]) is True
    try:
        web.agent.service.register("web", port=81)
    except consul.ACLPermissionDenied:
        pass
    else:
        raise AssertionError("a deleted token was accepted")


def main():
    surface = Surface(consul.Consul(port=int(sys.argv[1]), connections_timeout=20))
    if sys.argv[2:] == ["limited"]:
        surface.section(access)
        return surface.failed()
    own = [agent, mesh_answers, coordinate, operator, snapshot, refused, access_without_lists]
    for section in common_api.ALL + own:
        surface.section(section)
    return surface.report()


sys.exit(main())
