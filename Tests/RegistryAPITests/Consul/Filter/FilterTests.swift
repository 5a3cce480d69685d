import ServiceCatalog
import TestSupport
import Testing

@testable import RegistryAPI

@Suite("Filters over what the catalog has")
struct FilterTests {
    private static let endpoint: ServiceEndpoint = {
        let node = Node(
            id: "n-1",
            name: "far",
            address: "10.0.0.4",
            datacenter: "dc1",
            taggedAddresses: ["lan": "10.0.0.4"],
            meta: ["rack": "r1", "a.b": "dotted"]
        )
        let instance = ServiceInstance(
            node: "far",
            id: "web-1",
            service: "web",
            tags: ["v1", "primary"],
            address: "10.1.0.1",
            port: 8080,
            meta: ["version": "12"],
            weights: ServiceWeights(passing: 10, warning: 3),
            taggedAddresses: ["wan": ServiceAddress(address: "198.51.100.7", port: 8443)],
            enableTagOverride: true
        )
        var checks = [
            HealthCheck(node: "far", id: "c1", name: "one", status: .passing, serviceID: "web-1"),
            HealthCheck(node: "far", id: "c2", name: "two", status: .warning, output: "slow"),
        ]
        checks[0].serviceTags = ["v1"]
        return ServiceEndpoint(node: node, instance: instance, checks: checks)
    }()

    private func holds(
        _ expression: String,
        _ schema: FilterSchema<ServiceEndpoint> = .health
    ) throws -> Bool {
        try Filter(expression, schema).kept([Self.endpoint]).count == 1
    }

    @Test(
        "An expression over an endpoint holds",
        arguments: [
            "Service.Service == web", "Service.Service != Web", "Service.ID == `web-1`",
            "eb in Service.Service", "Service.Service contains ``",
            "Service.Service not contains \"x\"", "Service.Service matches \"^w.b$\"",
            "Service.Service matches b", "Service.Service not matches \"^b\"",
            "v1 in Service.Tags", "V1 not in Service.Tags", "Service.Tags contains primary",
            "Service.Tags is not empty", "not Service.Tags is empty", "Service.Kind == \"\"",
            "Service.Port == 8080", "Service.Port == `0x1f90`", "Service.Port == `017620`",
            "Service.Port != 80", "Service.EnableTagOverride == true",
            "Service.EnableTagOverride != f", "Service.Connect.Native == false",
            "Service.Weights.Passing == 10 and Service.Weights.Warning == 3",
            "Service.TaggedAddresses.wan.Port == 8443", "wan in Service.TaggedAddresses",
            "Service.TaggedAddresses is not empty", "Service.TaggedAddresses.lan.Port != 1",
            "Service.Meta.version == 12", "version in Service.Meta", "Service.Meta is not empty",
            "Service.Proxy.MeshGateway.Mode == \"\"", "Node.Meta[\"a.b\"] == dotted",
            "\"/Node/Meta/a.b\" == dotted", "\"dot\" in \"/Node/Meta/a.b\"",
            "Node.TaggedAddresses.lan == `10.0.0.4`", "Node.PeerName == \"\"",
            "Checks.Status == warning", "Checks.Status != warning", "slow in Checks.Output",
            "Checks.ServiceTags contains v1", "Checks is not empty",
            "not Checks.Status == critical",
            "Service.Port == 1 or Service.Port == 8080 and Node.Node == far",
        ]
    )
    func holds(_ expression: String) throws {
        #expect(try holds(expression, .health))
        #expect(try !holds("not (\(expression))", .health))
    }

    @Test(
        "A key that is not there is equal to nothing, and any pattern matches it, as in Consul",
        arguments: [
            ("==", false), ("!=", true), ("contains", false), ("not contains", true),
            ("matches", true), ("not matches", true),
        ]
    )
    func missingKey(_ spelling: String, _ isTrue: Bool) throws {
        #expect(try holds("Node.Meta.nosuch \(spelling) x") == isTrue)
        #expect(try holds("Service.TaggedAddresses.nosuch.Address \(spelling) x") == isTrue)
    }

    @Test(
        "The flat form has its own names",
        arguments: [
            "ServiceName == web", "ServiceTags contains v1", "ServiceMeta.version == 12",
            "NodeMeta.rack == r1", "ServicePort == 8080", "Node == far", "Address == `10.0.0.4`",
            "ServiceAddress == `10.1.0.1`", "ServiceWeights.Passing == 10", "ID == `n-1`",
            "ServiceTaggedAddresses.wan.Address == `198.51.100.7`", "Datacenter == dc1",
            "ServiceID matches `web-[12]`", "ServiceEnableTagOverride == true",
            "ServiceConnect.Native == false", "ServiceKind == ``",
        ]
    )
    func flat(_ expression: String) throws {
        #expect(try holds(expression, .serviceNode))
    }

    @Test(
        "What does not fit the fields is refused in Consul's words",
        arguments: [
            ("Nope.Field == 1", "Selector \"Nope\" is not valid"),
            ("Service.Nope == 1", "Selector \"Service.Nope\" is not valid"),
            ("service.Port == 1", "Selector \"service\" is not valid"),
            ("Service.Port.x == 1", "Selector \"Service.Port.x\" is not valid"),
            ("Service.Tags.x == 1", "Selector \"Service.Tags.x\" is not valid"),
            ("Node.Meta.a.b == 1", "Selector \"Node.Meta.a.b\" is not valid"),
            (
                "Service.TaggedAddresses.wan == x",
                #"Invalid match operator "Equal" for selector "Service.TaggedAddresses.wan""#
            ),
            (
                "Service.Port contains 80",
                #"Invalid match operator "In" for selector "Service.Port""#
            ),
            (
                "Service.Service is empty",
                #"Invalid match operator "Is Empty" for selector "Service.Service""#
            ),
            (
                "Service.Tags == v1",
                #"Invalid match operator "Equal" for selector "Service.Tags""#
            ),
            (
                "Checks == v1", #"Invalid match operator "Equal" for selector "Checks""#
            ),
            (
                "Service is not empty",
                #"Invalid match operator "Is Not Empty" for selector "Service""#
            ),
            (
                "Service.Port == web",
                #"Failed to coerce value "web" for selector "Service.Port": "#
                    + #"strconv.ParseInt: parsing "web": invalid syntax"#
            ),
            (
                "Service.EnableTagOverride == yes",
                #"Failed to coerce value "yes" for selector "Service.EnableTagOverride": "#
                    + #"strconv.ParseBool: parsing "yes": invalid syntax"#
            ),
            (
                "Service.Service matches `(`",
                #"Failed to compile regular expression "(": "#
                    + "error parsing regexp: missing closing ): `(`"
            ),
        ]
    )
    func refused(_ expression: String, _ reason: String) {
        let error = #expect(throws: FilterError.self) {
            try Filter(expression, FilterSchema.health)
        }
        #expect(error?.reason == reason)
    }

    @Test("A search that costs too much ends as an error, not as a hang")
    func budget() throws {
        var endpoint = Self.endpoint
        endpoint.checks[0].output = String(repeating: "a", count: 4_096)
        for expression in [
            "Checks.Output matches `(?:[a-z]|[a-y]){900}(?:b|c)`",
            "Checks.Output contains `\(String(repeating: "a", count: 4_000))b`",
        ] {
            let filter = try Filter(expression, FilterSchema.health)
            var budget = FilterBudget(steps: 1_000_000)
            let endpoints = Array(repeating: endpoint, count: 1_000)
            let error = #expect(throws: APIError.self) { try filter.kept(endpoints, &budget) }
            #expect(error?.kind == .badRequest)
            // It stopped where the budget ended, and did not go through all of them.
            #expect(budget.steps > -1_000_000)
        }
    }
}
