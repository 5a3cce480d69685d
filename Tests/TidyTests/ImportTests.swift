import Testing

@Suite("The arrows between rooms")
struct ImportTests {
    /// What a room may know of the other rooms, and of packages; everything is down the river.
    ///
    /// `ServiceCatalog` and `RegistryAPI` need the words of DNS for addresses and names.
    private static let allowed: [String: Set<String>] = [
        "DNSWire": [],
        "DNSResponder": ["DNSWire", "CDatagram"],
        "ServiceCatalog": ["DNSWire"],
        "DNSZones": ["DNSWire", "DNSResponder", "ServiceCatalog", "CLDNS", "Foundation"],
        "DNSForwarder": ["DNSWire", "DNSResponder", "NIOCore", "NIOPosix"],
        "TransportSecurity": ["Logging", "NIOCore", "NIOPosix", "NIOSSL", "NIOTLS"],
        "EncryptedDNS": [
            "DNSWire", "DNSResponder", "TransportSecurity", "Logging", "ServiceLifecycle",
            "NIOCore", "NIOPosix", "NIOTLS", "NIOHTTP1", "NIOHTTP2",
        ],
        "DurableStore": ["ServiceCatalog", "GRDB", "Logging", "Foundation", "Dispatch"],
        "EtcdCluster": [
            "ServiceCatalog", "Protos", "SwiftProtobuf", "GRPCCore", "GRPCProtobuf",
            "GRPCNIOTransportHTTP2Posix", "Logging", "Foundation",
        ],
        "HealthProber": [
            "ServiceCatalog", "DNSWire", "AsyncHTTPClient", "Logging", "ServiceLifecycle",
            "HeapModule", "Foundation", "NIOCore", "NIOPosix", "NIOSSL", "NIOHTTP1", "NIOHTTP2",
            "NIOHPACK",
        ],
        "RegistryAPI": [
            "ServiceCatalog", "TransportSecurity", "DNSWire", "Hummingbird", "HummingbirdCore",
            "HTTPTypes", "Logging",
            "ServiceLifecycle", "Foundation", "NIOCore", "NIOPosix", "NIOHTTP1",
        ],
        "RollcallClient": [
            "DNSWire", "AsyncHTTPClient", "Foundation", "NIOCore", "NIOPosix", "NIOHTTP1",
            "NIOSSL",
        ],
    ]
    /// Modules of the language and of libc: any room may use them.
    private static let language: Set<String> = ["Synchronization", "Glibc", "Darwin"]

    @Test("a room imports only what its place on the river allows")
    func importsFollowTheArrows() {
        let rooms = Set(SourceFile.all.map(\.room))
        #expect(rooms.contains("DNSResponder") && rooms.contains("rollcall"))
        for room in rooms where room != "rollcall" {
            #expect(Self.allowed[room] != nil, "room \(room) has no row in ImportTests.allowed")
        }
        let findings = SourceFile.all.filter { $0.room != "rollcall" }.flatMap { file in
            file.findings { _, line in
                guard let module = Self.importedModule(line) else { return nil }
                let allowed = Self.language.union(Self.allowed[file.room] ?? [])
                let name = module == "FoundationEssentials" ? "Foundation" : module
                return allowed.contains(name) ? nil : "\(file.room) may not import \(module)"
            }
        }
        #expect(findings.isEmpty, "\(findings.joined(separator: "\n"))")
    }

    @Test("every import says how far it reaches, and none is handed on")
    func importsAreExplicit() {
        let findings = SourceFile.all.flatMap { file in
            file.findings { _, line in
                guard Self.importedModule(line) != nil else { return nil }
                let words = SourceFile.words(line)
                if words.contains("@_exported") { return "hands its import on" }
                let levels: Set = ["internal", "package", "public", "private", "fileprivate"]
                return levels.isDisjoint(with: words) ? "write \"internal import\"" : nil
            }
        }
        #expect(findings.isEmpty, "\(findings.joined(separator: "\n"))")
    }

    @Test("only DNSZones touches libldns, only DNSResponder the datagram shim of C")
    func nativeCodeStaysInItsRoom() {
        let findings = SourceFile.all.flatMap { file in
            file.findings { _, line in
                switch Self.importedModule(line) {
                case "CLDNS" where file.room != "DNSZones": "CLDNS is for DNSZones"
                case "CDatagram" where !["DNSResponder", "rollcall"].contains(file.room):
                    "CDatagram is for DNSResponder"
                default: nil
                }
            }
        }
        #expect(findings.isEmpty, "\(findings.joined(separator: "\n"))")
    }

    private static func importedModule(_ line: String) -> String? {
        let words = SourceFile.words(line)
        guard let position = words.firstIndex(of: "import"), position <= 2,
            words[..<position].allSatisfy({ $0.hasPrefix("@") || $0.first?.isLowercase == true })
        else { return nil }
        let kinds: Set = ["struct", "class", "enum", "func", "protocol", "typealias", "var", "let"]
        return words[(position + 1)...].first { !kinds.contains($0) }
    }
}
