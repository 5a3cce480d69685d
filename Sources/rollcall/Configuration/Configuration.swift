internal import DNSResponder
internal import DNSWire
internal import Logging
internal import ServiceCatalog

/// Every setting of `rollcall serve`, with its default.
///
/// Defaults are overridden by the file, the file by the environment, the environment by flags.
struct Configuration: Hashable, Sendable {
    /// What the defaults take from the machine.
    var host: HostFacts
    /// The file that was read; nil when there is none.
    var file: String?

    var dnsListen = [ListenAddress(address: .v4(0x7F00_0001), port: 8600)]
    var httpListen = [ListenAddress(address: .v4(0x7F00_0001), port: 8500)]
    /// The same API over TLS; nobody listens there unless it is given.
    var httpsListen: [ListenAddress] = []
    var dataDirectory = "data"
    /// True: the catalog lives in memory only.
    var isEphemeral = false
    var zonesDirectory = "zones"
    var domains = DomainName.all("consul")
    var datacenter = "dc1"
    var nodeNameGiven: String?
    var nodeAddressGiven: IPAddress?
    /// A UUID; nil for one that is made up at the first start and kept.
    var nodeIDGiven: String?
    var nodeMeta: [String: String] = [:]
    var workersGiven: Int?
    var logLevel = Logger.Level.info
    var logFormat = LogFormat.text
    /// Who the server becomes once it has opened its ports; empty: nobody else.
    var user = ""
    /// Empty: the user's own.
    var group = ""
    var sandbox = Sandbox.Mode.on
    /// Where the record of writes goes.
    var auditLog = AuditDestination.off
    var data = DataSettings()
    var cluster = ClusterOptions()
    var dns = DNSSettings()
    var http = HTTPSettings()
    var tls = TLSFiles()
    var acl = ACLSettings()
    var leases = LeaseSettings()
    var health = HealthSettings()
    var limits = CatalogLimits()
    /// Configuration files of Consul's agent, read before our own settings.
    var consulFiles: [String] = []
    /// The services and checks of those files.
    var consulStanzas: [ConsulStanza] = []
    /// Options of those files that mean nothing here.
    var unusedConsulOptions: [String] = []

    /// The defaults on `host`.
    init(host: HostFacts = .current) {
        self.host = host
    }

    /// The name of this node in the catalog: the host's, unless one is given.
    var nodeName: String { nodeNameGiven ?? host.nodeName }

    /// The address of this node in the catalog.
    ///
    /// Unless one is given it is the first listen address that others can reach, else loopback.
    var nodeAddress: IPAddress {
        let listened = (httpListen + httpsListen + dnsListen).map(\.address).filter {
            !$0.isUnspecified
        }
        return nodeAddressGiven ?? listened.first { !$0.isLoopback } ?? listened.first
            ?? .v4(0x7F00_0001)
    }

    /// Packet threads: one a core, unless a number is given.
    var workers: Int { workersGiven ?? host.cores }

    /// What the NSID option carries: the node's name unless another text is given; nil when off.
    var nsid: String? {
        let text = dns.nsidGiven ?? nodeName
        return text == "off" ? nil : text
    }

    /// The addresses of the name servers' names: those given, else the node's.
    var nameServerAddresses: [IPAddress] {
        dns.nameServerAddresses.isEmpty ? [nodeAddress] : dns.nameServerAddresses
    }

    /// The apexes under which addresses of the catalog have PTR records.
    var reverseZones: [DomainName] { dns.reverseNetworks.flatMap(\.reverseZones) }
}

/// How log lines are written.
enum LogFormat: String, Hashable, Sendable {
    case text
    case json
}

extension DomainName {
    /// A list of one name that is known to be good.
    fileprivate static func all(_ name: String) -> [DomainName] {
        (try? DomainName(name)).map { [$0] } ?? []
    }
}

extension IPAddress {
    /// True for `127.0.0.0/8` and `::1`.
    var isLoopback: Bool {
        switch self {
        case .v4(let value): value >> 24 == 127
        case .v6(let value): value == 1
        }
    }
}
