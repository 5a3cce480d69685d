import Synchronization
import Testing

@testable import ServiceCatalog

@Suite("Access control")
struct AccessControlTests {
    private final class Clock: Sendable {
        let now = Mutex(1_000)
    }

    private func token(_ id: String, _ policies: [String] = []) -> AccessToken {
        AccessToken(accessorID: "accessor-\(id)", secretID: "secret-\(id)", policyIDs: policies)
    }

    private func policy(
        _ id: String,
        _ rules: String,
        datacenters: [String] = []
    ) -> AccessPolicy {
        AccessPolicy(id: id, name: "name-\(id)", rules: rules, datacenters: datacenters)
    }

    private func control(
        allowsByDefault: Bool = false,
        default defaultSecret: String? = nil,
        dns: String? = nil,
        now: @escaping @Sendable () -> Int = { 1_000 }
    ) -> AccessControl {
        AccessControl(
            AccessSettings(
                isEnabled: true,
                allowsByDefault: allowsByDefault,
                defaultSecret: defaultSecret,
                dnsSecret: dns
            ),
            now: now
        )
    }

    private func catalog(_ changes: [CatalogChange]) throws -> Catalog {
        var catalog = try Catalog.withNode()
        for change in changes { try catalog.apply(change) }
        return catalog
    }

    @Test("while it is off, any secret and none may do everything")
    func off() throws {
        let keeper = CatalogKeeper(try catalog([]))
        for secret in [nil, "", "nobody"] {
            #expect(try AccessControl.off.authorizer(for: secret, in: keeper) == .unrestricted)
        }
    }

    @Test("a secret that no token has is unknown; without one the anonymous token acts")
    func unknown() throws {
        let keeper = CatalogKeeper(try catalog([]))
        let control = control(allowsByDefault: true)
        #expect(throws: AccessDenial.unknownToken) {
            try control.authorizer(for: "nobody", in: keeper)
        }
        for secret in [nil, "", "anonymous"] {
            let authorizer = try control.authorizer(for: secret, in: keeper)
            #expect(authorizer.isAnonymous)
            #expect(authorizer.allows(.serviceWrite("web")))
            #expect(!authorizer.allows(.accessRead))
        }
    }

    @Test("a token has what its policies grant together, and loses what is taken from them")
    func policies() throws {
        var catalog = try catalog([
            .setAccessPolicy(policy("p1", "service_prefix \"\" { policy = \"read\" }")),
            .setAccessPolicy(policy("p2", "service \"web\" { policy = \"write\" }")),
            .setAccessToken(token("a", ["p1", "p2", "gone"])),
        ])
        let control = control()
        func may(_ permission: Permission) -> Bool? {
            control.authorizer(for: "secret-a", in: catalog)?.allows(permission)
        }
        #expect(may(.serviceWrite("web")) == true)
        #expect(may(.serviceRead("db")) == true)
        #expect(may(.serviceWrite("db")) == false)
        try catalog.apply(.setAccessPolicy(policy("p2", "service \"web\" { policy = \"deny\" }")))
        #expect(may(.serviceRead("web")) == false)
        try catalog.apply(.deleteAccessPolicy(id: "p2"))
        #expect(may(.serviceRead("web")) == true)
        try catalog.apply(.deleteAccessToken(accessorID: "accessor-a"))
        #expect(may(.serviceRead("web")) == nil)
    }

    @Test("a policy for other datacenters does not hold here")
    func datacenters() throws {
        let rules = "service_prefix \"\" { policy = \"write\" }"
        let catalog = try catalog([
            .setAccessPolicy(policy("here", rules, datacenters: ["x", "DC1"])),
            .setAccessPolicy(policy("there", rules, datacenters: ["x"])),
            .setAccessToken(token("a", ["here"])),
            .setAccessToken(token("b", ["there"])),
        ])
        let control = control()
        let here = try #require(control.authorizer(for: "secret-a", in: catalog))
        let there = try #require(control.authorizer(for: "secret-b", in: catalog))
        #expect(here.allows(.serviceWrite("web")))
        #expect(!there.allows(.serviceWrite("web")))
    }

    @Test("rules that cannot be read allow nothing, even where the default is to allow")
    func brokenRules() throws {
        let catalog = try catalog([
            .setAccessPolicy(policy("p", "nonsense")),
            .setAccessToken(token("a", ["p"])),
        ])
        let control = control(allowsByDefault: true)
        let authorizer = try #require(control.authorizer(for: "secret-a", in: catalog))
        #expect(!authorizer.allows(.serviceRead("web")))
    }

    @Test("the built-in policies and the templates grant what their names say")
    func builtIn() throws {
        var service = token("service")
        service.serviceIdentities = [TemplatedPolicy(.service, name: "web")]
        var node = token("node")
        node.nodeIdentities = [TemplatedPolicy(.node, name: "n1", datacenters: ["dc1"])]
        var dns = token("dns")
        dns.templatedPolicies = [TemplatedPolicy(.dns)]
        let catalog = try catalog([
            .setAccessToken(token("manage", [AccessPolicy.managementID])),
            .setAccessToken(token("read", [AccessPolicy.readOnlyID])),
            .setAccessToken(service), .setAccessToken(node), .setAccessToken(dns),
        ])
        let control = control()
        func may(_ id: String, _ permission: Permission) -> Bool {
            control.authorizer(for: "secret-\(id)", in: catalog)?.allows(permission) ?? false
        }
        #expect(may("manage", .accessWrite))
        #expect(
            may("read", .keyRead("a")) && may("read", .accessRead) && may("read", .operatorRead)
        )
        #expect(!may("read", .keyWrite("a")) && !may("read", .accessWrite))
        #expect(may("service", .serviceWrite("web")) && may("service", .nodeRead("n2")))
        #expect(!may("service", .serviceWrite("db")) && !may("service", .keyRead("a")))
        #expect(may("node", .nodeWrite("n1")) && !may("node", .nodeWrite("n2")))
        #expect(may("dns", .serviceRead("web")) && may("dns", .queryRead("q")))
        #expect(!may("dns", .serviceWrite("web")))
        for policy in AccessPolicy.builtIn { #expect(policy.compiled != nil) }
    }

    @Test("a token that has expired is unknown, also when it was used before")
    func expiry() throws {
        var limited = token("a")
        limited.expirationTimeMilliseconds = 2_000
        let catalog = try catalog([.setAccessToken(limited)])
        let clock = Clock()
        let control = control(now: { clock.now.withLock { $0 } })
        #expect(control.authorizer(for: "secret-a", in: catalog) != nil)
        clock.now.withLock { $0 = 1_999 }
        #expect(control.authorizer(for: "secret-a", in: catalog) != nil)
        clock.now.withLock { $0 = 2_000 }
        #expect(control.authorizer(for: "secret-a", in: catalog) == nil)
    }

    @Test("the token of DNS decides there, else the default one, else the anonymous one")
    func dns() throws {
        let all = "service_prefix \"\" { policy = \"read\" }"
        let web = "service \"web\" { policy = \"read\" }"
        var anonymous = AccessToken.anonymous
        anonymous.policyIDs = ["web"]
        let catalog = try catalog([
            .setAccessPolicy(policy("all", all)), .setAccessPolicy(policy("web", web)),
            .setAccessToken(token("all", ["all"])), .setAccessToken(anonymous),
        ])
        func services(_ control: AccessControl) -> [String] {
            let authorizer = control.dnsAuthorizer(in: catalog)
            return ["db", "web"].filter { authorizer.allows(.serviceRead($0)) }
        }
        #expect(services(control()) == ["web"])
        #expect(services(control(default: "secret-all")) == ["db", "web"])
        #expect(services(control(default: "secret-all", dns: "anonymous")) == ["web"])
        #expect(services(control(dns: "secret-all")) == ["db", "web"])
        #expect(services(control(allowsByDefault: true, dns: "unknown")) == [])
    }
}
