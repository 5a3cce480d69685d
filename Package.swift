// swift-tools-version: 6.2
import PackageDescription

/// Settings of every Swift target.
///
/// The language mode is 6, unsafe code is marked, and a warning is an error.
let house: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

/// A room is a library and the tests that mirror it (`Tests/<room>Tests`).
func room(_ name: String, _ needs: [Target.Dependency] = []) -> [Target] {
    [
        .target(name: name, dependencies: needs, swiftSettings: house),
        .testTarget(
            name: "\(name)Tests",
            dependencies: [.target(name: name), "TestSupport"] + needs,
            swiftSettings: house
        ),
    ]
}

func product(_ name: String, _ package: String) -> Target.Dependency {
    .product(name: name, package: package)
}

let logging = product("Logging", "swift-log")
let lifecycle = product("ServiceLifecycle", "swift-service-lifecycle")
let httpClient = product("AsyncHTTPClient", "async-http-client")
let nio = [product("NIOCore", "swift-nio"), product("NIOPosix", "swift-nio")]
let protobuf = product("SwiftProtobuf", "swift-protobuf")

// The data plane and the catalog: no package dependency, so that they build and test in seconds.
let dataPlane: [Target] =
    [
        // The DNS library that every zone file and every unusual record goes through.
        .systemLibrary(name: "CLDNS", pkgConfig: "ldns", providers: [.apt(["libldns-dev"])]),
        // recvmmsg, sendmmsg, epoll and control messages, which Glibc's Swift module lacks.
        // `_GNU_SOURCE` stands here and never in the header: there it changes what other C modules
        // see.
        .target(name: "CDatagram", cSettings: [.define("_GNU_SOURCE")]),
        // Builds the filter of system calls for every architecture, which by hand is easy to get wrong.
        .systemLibrary(
            name: "CSeccomp",
            pkgConfig: "libseccomp",
            providers: [.apt(["libseccomp-dev"])]
        ),
        // What the program gives up after its start.
        .target(
            name: "CConfinement",
            dependencies: ["CSeccomp"],
            cSettings: [.define("_GNU_SOURCE")]
        ),
        .target(
            name: "TestSupport",
            dependencies: ["DNSWire"],
            path: "Tests/TestSupport",
            swiftSettings: house
        ),
    ]
    + room("DNSWire")
    + room("DNSResponder", ["DNSWire", "CDatagram"])
    + room("ServiceCatalog", ["DNSWire"])
    + room("DNSZones", ["DNSWire", "DNSResponder", "ServiceCatalog", "CLDNS"])

// The edges: each knows the catalog and no other edge. The program wires them together.
let edges: [Target] =
    room("DNSForwarder", ["DNSWire", "DNSResponder"] + nio)
    // One certificate, its reload and its handshakes, for every listener that is encrypted.
    + room(
        "TransportSecurity",
        [logging, product("NIOSSL", "swift-nio-ssl"), product("NIOTLS", "swift-nio")] + nio
    )
    // DNS over TLS, and over HTTPS: HTTP/1.1 and HTTP/2, which most of its clients want.
    + room(
        "EncryptedDNS",
        [
            "DNSWire", "DNSResponder", "TransportSecurity", logging, lifecycle,
            product("NIOTLS", "swift-nio"),
            product("NIOHTTP1", "swift-nio"),
            product("NIOHTTP2", "swift-nio-http2"),
        ] + nio
    )
    + room("DurableStore", ["ServiceCatalog", product("GRDB", "GRDB.swift"), logging])
    + [
        // Messages of etcd, made by protoc from Sources/Protos/etcd.proto: nothing here is written
        // by hand, so the house's settings do not hold.
        .target(name: "Protos", dependencies: [protobuf], exclude: ["etcd.proto", "cluster.proto"])
    ]
    + room(
        "EtcdCluster",
        [
            "ServiceCatalog", "Protos", protobuf, logging,
            product("GRPCCore", "grpc-swift-2"),
            product("GRPCProtobuf", "grpc-swift-protobuf"),
            product("GRPCNIOTransportHTTP2Posix", "grpc-swift-nio-transport"),
        ]
    )
    + room(
        "HealthProber",
        [
            "ServiceCatalog", "DNSWire", logging, lifecycle,
            product("NIOSSL", "swift-nio-ssl"),
            product("NIOHTTP1", "swift-nio"),
            product("NIOHTTP2", "swift-nio-http2"),
            product("NIOHPACK", "swift-nio-http2"),
            product("HeapModule", "swift-collections"),
        ] + nio
    )
    + room(
        "RegistryAPI",
        [
            "ServiceCatalog", "TransportSecurity", "DNSWire", logging, lifecycle,
            product("Hummingbird", "hummingbird"),
            product("HummingbirdCore", "hummingbird"),
            product("HTTPTypes", "swift-http-types"),
            product("NIOHTTP1", "swift-nio"),
        ] + nio
    )
    + room(
        "RollcallClient",
        [
            "DNSWire", httpClient,
            product("NIOHTTP1", "swift-nio"),
            product("NIOSSL", "swift-nio-ssl"),
        ] + nio
    )
    + [
        .executableTarget(
            name: "rollcall",
            dependencies: [
                "DNSWire", "DNSResponder", "DNSForwarder", "DNSZones", "ServiceCatalog",
                "DurableStore", "EtcdCluster",
                "HealthProber",
                "RegistryAPI", "TransportSecurity", "EncryptedDNS", "RollcallClient", "CDatagram",
                "CConfinement", logging, lifecycle,
                product("ArgumentParser", "swift-argument-parser"),
                product("UnixSignals", "swift-service-lifecycle"),
                product("Yams", "Yams"),
            ] + nio,
            swiftSettings: house
        ),
        .testTarget(
            name: "rollcallTests",
            dependencies: [
                "rollcall", "TestSupport", "DNSWire", "DNSResponder", "RollcallClient", "CDatagram",
                "TransportSecurity",
                product("ArgumentParser", "swift-argument-parser"),
            ],
            swiftSettings: house
        ),
        // The real program, on free ports, asked by real clients.
        .testTarget(
            name: "IntegrationTests",
            dependencies: ["TestSupport", "DNSWire"],
            swiftSettings: house
        ),
        // The same program while something breaks: killed, starved, flooded, its disk full.
        .testTarget(
            name: "FaultTests",
            dependencies: ["TestSupport", "DNSWire"],
            // In C, compiled by the tests that put it under the program.
            exclude: ["Library"],
            swiftSettings: house
        ),
        // Several of the same program on one etcd, and what breaks there.
        .testTarget(
            name: "ClusterTests",
            dependencies: ["TestSupport", "DNSWire"],
            swiftSettings: house
        ),
        // The same program under clients that others wrote, from Debian and PyPI.
        .testTarget(
            name: "ClientTests",
            dependencies: ["TestSupport", "DNSWire"],
            exclude: ["Scripts"],
            swiftSettings: house
        ),
        // The program beside what Consul answered.
        .testTarget(
            name: "CompatibilityTests",
            dependencies: ["TestSupport", "DNSWire", product("Yams", "Yams")],
            swiftSettings: house
        ),
        // The wire only, with NSD, Knot and BIND as referees.
        .testTarget(
            name: "ConformanceTests",
            dependencies: ["TestSupport", "DNSWire"],
            swiftSettings: house
        ),
        // House rules as tests.
        .testTarget(name: "TidyTests", dependencies: ["TestSupport"], swiftSettings: house),
    ]

let package = Package(
    name: "rollcall",
    platforms: [.macOS(.v15)],
    products: [.library(name: "RollcallClient", targets: ["RollcallClient"])],
    dependencies: [
        // Server, client and event loops of HTTP; TLS and HTTP/2 for probes.
        .package(
            url: "https://github.com/hummingbird-project/hummingbird.git",
            from: "2.28.1",
            traits: []
        ),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-nio-http2.git", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        // SQLite with checked statements and a serialised writer: the journal and the stored
        // catalog.
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        // etcd speaks gRPC: the cluster's store. Its JSON gateway costs etcd and us more
        // (Decisions/0007).
        .package(url: "https://github.com/grpc/grpc-swift-2.git", from: "2.4.3"),
        .package(url: "https://github.com/grpc/grpc-swift-nio-transport.git", from: "2.9.2"),
        .package(url: "https://github.com/grpc/grpc-swift-protobuf.git", from: "2.4.1"),
        .package(
            url: "https://github.com/apple/swift-protobuf.git",
            from: "1.39.0",
            traits: []
        ),
        // Structured logs, and start and stop of long-running parts in order.
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(
            url: "https://github.com/swift-server/swift-service-lifecycle.git",
            from: "2.13.0"
        ),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        // The prober's queue of due checks is a binary heap.
        .package(url: "https://github.com/apple/swift-collections.git", from: "1.6.0"),
        // YAML with the line of every key, which clear configuration errors need.
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
    ],
    targets: dataPlane + edges,
    swiftLanguageModes: [.v6]
)

/// `WITH_BENCHMARKS=1` adds what benchmarks compare with and ask with, and the micro benchmarks
/// (`Tests/Benchmarks`).
if Context.environment["WITH_BENCHMARKS"] != nil {
    package.targets += [
        .executableTarget(
            name: "echo",
            dependencies: ["CDatagram"],
            path: "Tests/Benchmarks/Echo",
            swiftSettings: house
        ),
        .executableTarget(name: "load", path: "Tests/Benchmarks/Load"),
        .target(name: "CCallgrind", path: "Tests/Benchmarks/CCallgrind"),
        .executableTarget(
            name: "micro",
            dependencies: [
                "DNSWire", "DNSResponder", "DNSZones", "ServiceCatalog", "CCallgrind",
            ],
            path: "Tests/Benchmarks/Micro",
            swiftSettings: house
        ),
        // Not in `micro`, which needs no package.
        .executableTarget(
            name: "journal",
            dependencies: ["DurableStore", "ServiceCatalog", logging],
            path: "Tests/Benchmarks/Journal"
        ),
    ]
}

/// `WITH_FUZZERS=1` leaves only the fuzzers (`Tests/Fuzzers`) and what they feed.
///
/// Of the edges these are the files that need no package: the rest would take minutes to build with
/// sanitizers.
if Context.environment["WITH_FUZZERS"] != nil {
    func part(_ name: String, _ needs: [Target.Dependency], _ sources: [String]) -> Target {
        .target(name: name, dependencies: needs, sources: sources, swiftSettings: house)
    }
    let edges = [
        part(
            "DNSForwarder",
            ["DNSWire", "DNSResponder"],
            ["UpstreamAnswer.swift", "UpstreamFailure.swift"]
        ),
        part(
            "DurableStore",
            ["ServiceCatalog"],
            [
                "CheckedForm.swift", "Checksum.swift", "Compact", "RowCoder.swift",
                "Snapshots/FolderSync.swift", "Snapshots/SnapshotFile.swift",
                "Snapshots/SnapshotReader.swift", "Snapshots/SnapshotWriter.swift",
            ]
        ),
        part(
            "EncryptedDNS",
            ["DNSWire"],
            ["AnswerLifetime.swift", "Base64URL.swift", "ReplyPadding.swift"]
        ),
        part("RollcallClient", [], ["EventStreamParser.swift"]),
        part(
            "HealthProber",
            [],
            ["Probes/HealthCheckMessage.swift", "Probes/ProbeURL.swift"]
        ),
        part(
            "RegistryAPI",
            ["ServiceCatalog"],
            [
                "APIContext.swift", "APIError.swift", "Audit/AuditEntry.swift",
                "Audit/AuditTrail.swift", "CheckDefaults.swift", "LeaseTerms.swift",
                "ClusterReport.swift", "ServerIdentity.swift", "ServerPresence.swift",
                "String+Cut.swift", "UInt8+Hexadecimal.swift",
                "Consul/Access/BootstrapBody.swift", "Consul/Access/PolicyBody.swift",
                "Consul/Access/Timestamp.swift", "Consul/Access/TokenBody.swift",
                "Consul/ConsulDefinitions.swift",
                "Consul/ConsulDefinitions+Checks.swift", "Consul/Filter", "Consul/MemberView.swift",
                "Consul/PreparedQueries/PreparedQueryBody.swift", "Consul/ServiceEndpoint.swift",
                "Consul/SnapshotFile.swift", "Consul/UserEvents.swift", "Consul/UUIDText.swift",
                "Consul/Wire", "JSON/JSONFields.swift", "JSON/JSONObject.swift",
                "JSON/JSONParser.swift", "JSON/JSONScanError.swift", "JSON/JSONScanner.swift",
                "JSON/JSONSyntaxError.swift", "JSON/JSONValue.swift", "Native/CheckRequest.swift",
                "Native/LineSplitter.swift", "Native/ProbeReader.swift",
                "Native/RegistrationRequest.swift", "Server/ConnectionTally.swift",
                "Server/PercentText.swift",
            ]
        ),
    ]
    package.targets =
        dataPlane.filter { $0.type != .test && $0.name != "TestSupport" } + edges + [
            .executableTarget(
                name: "Fuzz",
                dependencies: [
                    "DNSWire", "DNSResponder", "DNSZones", "ServiceCatalog", "CLDNS",
                ] + edges.map { .target(name: $0.name) },
                path: "Tests/Fuzzers/Fuzz",
                swiftSettings: house
            )
        ]
    package.products = []
    package.dependencies = []
}

/// `ROOMS=DNSZones,DNSResponder swift test` keeps these rooms, what they stand on and their tests.
///
/// Rooms of the data plane need no package, so then none is resolved.
if let rooms = Context.environment["ROOMS"]?.split(separator: ",").map(String.init) {
    func targetName(_ dependency: Target.Dependency) -> String? {
        switch dependency {
        case .targetItem(let name, _), .byNameItem(let name, _): name
        default: nil
        }
    }
    var kept = Set(rooms.flatMap { [$0, "\($0)Tests"] })
    while true {
        let needed = package.targets.filter { kept.contains($0.name) }
            .flatMap { $0.dependencies.compactMap(targetName) }
        if kept.isSuperset(of: needed) { break }
        kept.formUnion(needed)
    }
    package.targets = package.targets.filter { kept.contains($0.name) }
    package.products = []
    if package.targets.allSatisfy({ $0.dependencies.allSatisfy { targetName($0) != nil } }) {
        package.dependencies = []
    }
}
