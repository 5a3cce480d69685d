import TestSupport

/// A small catalog with one of each kind of thing that has names.
enum CatalogSample {
    /// Zones that the server has with its defaults and this catalog, as far as the names need them.
    static let apexes = [
        "consul", "10.in-addr.arpa", "127.in-addr.arpa", "c.f.ip6.arpa", "d.f.ip6.arpa",
    ]

    static let names = [
        "consul", "dc1.consul", "service.consul", "node.consul", "addr.consul", "ns.consul",
        "service.dc1.consul", "node.dc1.consul",
        "web.service.consul", "web.service.dc1.consul", "v1.web.service.consul",
        "v1.web.service.dc1.consul", "v2.1.web.service.consul", "_web._tcp.consul",
        "_web._tcp.service.consul", "_web._udp.service.consul", "_web._v1.service.consul",
        "_web._tcp.dc1.consul", "six.service.consul", "dual.service.consul", "named.service.consul",
        "down.service.consul", "portless.service.consul", "host-1.node.consul",
        "host-1.node.dc1.consul", "dual.node.consul", "0a000101.addr.consul",
        "0a000101.addr.dc1.consul", "fd000000000000000000000000000001.addr.consul",
        "front.service.consul", "v3.front.service.dc1.consul", "_front._tcp.consul",
        "mixed.service.consul", "loop.service.consul", "back.service.consul",
        "self.service.consul", "a.b.service.consul", "a.b.service.dc1.consul",
        "x.a.b.service.consul", "b.service.consul", "ports.service.consul",
        "fd000000000000000000000000000005.addr.dc1.consul", "hosted.node.consul",
        "6c7ba7a5-0000-4000-8000-000000000001.node.consul",
        "zz.addr.consul", "web.service.dc9.consul", "nothing.service.consul", "nothing.node.consul",
        "query.consul", "query.dc1.consul", "lookup.query.consul",
        "Lookup.query.dc1.consul", "_lookup._tcp.query.consul", "_tcp.query.consul",
        "empty.query.consul", "b.dotted.query.consul", "a.b.dotted.query.consul",
        "alias.query.consul", "nothing.query.consul", "lookup.query.dc9.consul",
        "1.1.0.10.in-addr.arpa", "10.in-addr.arpa", "9.9.9.10.in-addr.arpa",
        "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa",
        "example.net", "consulx",
    ]

    static func register(at server: RollcallProcess) throws {
        try server.register(
            """
            {"service": "web", "id": "web-1", "host": "10.0.1.1", "port": 8080,
             "tags": ["v1", "v2.1"], "metadata": {"path": "/a"}, "weights": {"passing": 3, "warning": 1}}
            """
        )
        try server.register(
            #"{"service": "web", "id": "web-2", "host": "10.0.1.2", "port": 8081, "tags": ["v1"]}"#
        )
        try server.register(#"{"service": "six", "host": "fd00::1", "port": 80}"#)
        try server.register(#"{"service": "named", "host": "www.example.net", "port": 80}"#)
        try server.register(#"{"service": "portless", "host": "10.0.1.9", "port": 1}"#)
        try consul(
            server,
            "/v1/catalog/register",
            """
            {"Node": "host-1", "Address": "10.0.0.1", "NodeMeta": {"rack": "7"},
             "Service": {"ID": "dual-1", "Service": "dual", "Port": 9000, "Address": "10.0.2.1",
              "TaggedAddresses": {"lan_ipv6": {"Address": "fd00::2", "Port": 9000}}}}
            """
        )
        try consul(
            server,
            "/v1/catalog/register",
            """
            {"Node": "dual", "Address": "10.0.0.2", "TaggedAddresses": {"lan_ipv6": "fd00::3"}}
            """
        )
        for body in aliases + forms { try consul(server, "/v1/catalog/register", body) }
        try consul(
            server,
            "/v1/agent/service/register",
            """
            {"Name": "down", "Address": "10.0.3.1", "Port": 1, "Check": {"TTL": "1h", "Status": "critical"}}
            """
        )
        for query in [
            #"{"Name": "lookup", "Service": {"Service": "web"}, "DNS": {"TTL": "30s"}}"#,
            #"{"Name": "empty", "Service": {"Service": "down"}}"#,
            #"{"Name": "a.b.dotted", "Service": {"Service": "dual", "Near": "_ip"}}"#,
            #"{"Name": "alias", "Service": {"Service": "named"}}"#,
        ] {
            try consul(server, "/v1/query", query, method: "POST")
        }
    }

    /// Host names in place of addresses: chains, a loop, the own name, beside an address.
    private static let aliases = [
        ("front", "web.service.consul"), ("back", "loop.service.dc1.consul"),
        ("loop", "back.service.consul"), ("self", "_self._tcp.service.consul"),
        ("mixed", "front.service.consul"), ("mixed-ip", "10.0.4.1"),
    ].map { id, address in
        """
        {"Node": "host-2", "Address": "10.0.0.3", "NodeMeta": {"rack": "8", "note": "a b"},
         "Service": {"ID": "\(id)", "Service": "\(id == "mixed-ip" ? "mixed" : id)", "Port": 81,
          "Tags": ["v3"], "Address": "\(address)"}}
        """
    }

    /// Dots in a service's name, a node's UUID, a port of its own for a family, a node with a host
    /// name.
    private static let forms = [
        """
        {"Node": "host-3", "ID": "6c7ba7a5-0000-4000-8000-000000000001", "Address": "10.0.0.4",
         "Service": {"ID": "ab", "Service": "a.b", "Port": 82, "Tags": ["x"]}}
        """,
        """
        {"Node": "hosted", "Address": "web.service.consul",
         "Service": {"ID": "b", "Service": "b", "Port": 83, "Tags": ["y"]}}
        """,
        """
        {"Node": "host-3", "Address": "10.0.0.4",
         "Service": {"ID": "ports", "Service": "ports", "Port": 84, "Address": "10.0.4.2",
          "TaggedAddresses": {"lan_ipv6": {"Address": "fd00::5", "Port": 8484}}}}
        """,
    ]

    private static func consul(
        _ server: RollcallProcess,
        _ path: String,
        _ body: String,
        method: String = "PUT"
    ) throws {
        let reply = try server.http(method, path, body)
        guard reply.status == 200 else {
            throw UnexpectedAnswer(description: "\(path) \(body): \(reply)")
        }
    }
}
