internal import DNSResponder
internal import Yams

/// A configuration file of Consul's agent, in JSON (`rollcall serve --consul-config FILE`).
///
/// Options that mean something here become our settings; `service`, `services`, `check` and
/// `checks` are registered on the local node; the rest is named in one warning.
struct ConsulConfigurationFile {
    /// Values of our settings, in the order of the file.
    private(set) var values: [(setting: Setting, value: RawValue)] = []
    /// Services first: a check may be of one of them.
    private(set) var stanzas: [ConsulStanza] = []
    /// Options that are known nowhere here, such as those of gossip and of the mesh.
    private(set) var unusedOptions: [String] = []

    private let document: ConfigurationDocument
    private(set) var parts: [String: RawValue] = [:]

    init(
        path: String,
        readFile: (String) throws(FileReadFailure) -> String
    ) throws(ConfigurationError) {
        guard !path.hasSuffix(".hcl") else {
            throw ConfigurationError(
                .file(path: path, line: nil),
                "expected JSON: HCL is not read"
            )
        }
        document = try ConfigurationDocument(path: path, language: "JSON", readFile: readFile)
        guard let root = document.root else { return }
        try read(root, section: "")
        try joinDomains()
        try joinListenAddresses("dns", setting: "dns_listen", defaultPort: 8600)
        try joinListenAddresses("http", setting: "http_listen", defaultPort: 8500)
        try joinEncryption()
        stanzas.sort { $0.kind == .service && $1.kind == .check }
    }

    private mutating func read(_ node: Node, section: String) throws(ConfigurationError) {
        guard case .mapping(let mapping) = node else {
            throw ConfigurationError(
                document.place(of: node),
                key: section.isEmpty ? nil : String(section.dropLast()),
                "expected an object, found \(document.raw(node).found)"
            )
        }
        for (keyNode, valueNode) in mapping {
            let name = section + (keyNode.scalar?.string ?? "")
            if valueNode.isNothing { continue }
            if section.isEmpty, try readStanzas(name, valueNode) { continue }
            if ConsulOption.sections.contains(name) {
                try read(valueNode, section: name + ".")
                continue
            }
            let raw = document.raw(valueNode, keyNode: keyNode)
            switch ConsulOption.named(name) {
            case .setting(let key, let convert):
                if let value = convert(raw) { try store(value, as: key) }
            case .part: parts[name] = raw
            case .refused(let reason):
                throw ConfigurationError(raw.place, key: name, reason)
            case nil: unusedOptions.append(RawValue.oneLine(name))
            }
        }
    }

    mutating func store(_ value: RawValue, as key: String) throws(ConfigurationError) {
        guard let setting = Setting.all.first(where: { $0.key == key }) else {
            preconditionFailure("no setting \(key)")
        }
        values.append((setting, value))
    }

    // MARK: Services and checks

    /// True when `name` is one of the four kinds of stanzas.
    private mutating func readStanzas(
        _ name: String,
        _ node: Node
    ) throws(ConfigurationError) -> Bool {
        let kind: ConsulStanza.Kind
        switch name {
        case "service", "services": kind = .service
        case "check", "checks": kind = .check
        default: return false
        }
        var objects = [node]
        if case .sequence(let elements) = node { objects = Array(elements) }
        for object in objects {
            guard case .mapping = object else {
                throw ConfigurationError(
                    document.place(of: object),
                    key: name,
                    "expected an object, found \(document.raw(object).found)"
                )
            }
            stanzas.append(
                ConsulStanza(
                    kind: kind,
                    json: kind == .service ? StanzaJSON.service(object) : StanzaJSON.check(object),
                    place: document.place(of: object)
                )
            )
        }
        return true
    }

    // MARK: Settings of several options

    private mutating func joinDomains() throws(ConfigurationError) {
        let given = ["domain", "alt_domain"].compactMap { parts[$0] }
            .filter { if case .scalar("") = $0.content { false } else { true } }
        guard let first = given.first else { return }
        var domains = given
        // An alternative domain stands beside the usual one.
        if parts["domain"] == nil {
            domains.insert(RawValue(.scalar("consul"), at: first.place), at: 0)
        }
        try store(RawValue(.list(domains), at: first.place), as: "domain")
    }

    /// Addresses with blanks between them, and one port, as `ADDRESS:PORT` each.
    mutating func joinListenAddresses(
        _ name: String,
        setting: String,
        defaultPort: Int
    ) throws(ConfigurationError) {
        let hosts = parts["addresses.\(name)"] ?? parts["client_addr"]
        let port = parts["ports.\(name)"]
        guard let place = (hosts ?? port)?.place else { return }
        var portText = "\(defaultPort)"
        if let port, case .scalar(let text) = port.content { portText = text }
        if portText == "-1", setting != "dns_listen" {
            return try store(RawValue(.list([]), at: place), as: setting)
        }
        guard portText != "-1" else {
            throw ConfigurationError(place, key: "ports.\(name)", "\(name) cannot be turned off")
        }
        var hostTexts = ["127.0.0.1"]
        if let hosts, case .scalar(let text) = hosts.content {
            hostTexts = text.split(separator: " ").map(String.init)
        }
        let addresses = hostTexts.map { host in
            let isBare = host.contains(":") && !host.hasPrefix("[")
            return RawValue(
                .scalar((isBare ? "[\(host)]" : host) + ":" + portText),
                at: (hosts ?? port)?.place ?? place
            )
        }
        try store(RawValue(.list(addresses), at: place), as: setting)
    }
}
