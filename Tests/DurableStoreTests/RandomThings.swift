import ServiceCatalog

@testable import DurableStore

/// Draws things of a catalog, the rare fields and odd texts included; the same for the same seed.
struct RandomThings {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func bits() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    mutating func below(_ limit: Int) -> Int { Int(bits() % UInt64(limit)) }

    mutating func flag() -> Bool { below(2) == 0 }

    mutating func number() -> Int {
        [0, 1, -1, 127, 128, 16_384, 65_535, .max, .min, Int(truncatingIfNeeded: bits())][below(10)]
    }

    mutating func index() -> UInt64 { [0, 1, 300, .max, bits()][below(5)] }

    mutating func text() -> String {
        let texts = [
            "", "a", "web", "exactly 15 byte", "sixteen bytes ok", "caf\u{E9}", "cafe\u{301}",
            "nul\u{0}inside", "{\"json\":1}", String(repeating: "long ", count: 60),
        ]
        return below(4) == 0 ? "text-\(below(1_000))-of-more-than-15-bytes" : texts[below(10)]
    }

    mutating func texts() -> [String] { (0..<below(4)).map { _ in text() } }

    mutating func map() -> [String: String] {
        var map: [String: String] = [:]
        for _ in 0..<below(4) { map[text()] = text() }
        return map
    }

    mutating func optional<Value>(_ make: (inout Self) -> Value) -> Value? {
        flag() ? make(&self) : nil
    }

    mutating func node() -> Node {
        var node = Node(
            id: text(),
            name: text(),
            address: text(),
            datacenter: text(),
            taggedAddresses: map(),
            meta: map()
        )
        node.createIndex = index()
        node.modifyIndex = index()
        return node
    }

    mutating func instance() -> ServiceInstance {
        var instance = ServiceInstance(node: text(), id: text(), service: text())
        if flag() { instance.tags = texts() }
        if flag() { instance.address = text() }
        if flag() { instance.port = number() }
        if flag() { instance.meta = map() }
        if flag() { instance.weights = ServiceWeights(passing: number(), warning: number()) }
        for _ in 0..<below(3) {
            instance.taggedAddresses[text()] = ServiceAddress(address: text(), port: number())
        }
        instance.enableTagOverride = flag()
        if flag() { instance.kind = text() }
        instance.socketPath = optional { $0.text() }
        instance.locality = optional { Locality(region: $0.text(), zone: $0.text()) }
        instance.lease = optional { Lease(id: $0.text(), ttlMilliseconds: $0.number()) }
        instance.isDraining = flag()
        instance.createIndex = index()
        instance.modifyIndex = index()
        return instance
    }

    mutating func check() -> HealthCheck {
        var check = HealthCheck(
            node: text(),
            id: text(),
            name: text(),
            status: HealthStatus.allCases[below(3)],
            notes: text(),
            output: text(),
            serviceID: text(),
            definition: optional { $0.definition() }
        )
        check.serviceName = text()
        check.serviceTags = texts()
        check.reportedDefinition = optional { $0.text() }
        check.reportedType = optional { $0.text() }
        check.createIndex = index()
        check.modifyIndex = index()
        return check
    }

    mutating func definition() -> CheckDefinition {
        CheckDefinition(
            probe: probe(),
            intervalMilliseconds: number(),
            timeoutMilliseconds: number(),
            successesBeforePassing: number(),
            failuresBeforeWarning: number(),
            failuresBeforeCritical: number(),
            deregisterCriticalAfterMilliseconds: optional { $0.number() },
            outputBytesMax: number()
        )
    }

    private mutating func tls() -> TLSExpectation? {
        optional { TLSExpectation(serverName: $0.text(), verifies: $0.flag()) }
    }

    private mutating func probe() -> CheckDefinition.Probe {
        switch below(8) {
        case 0: return .tcp(host: text(), port: number(), tls: tls())
        case 1: return .udp(host: text(), port: number())
        case 2: return .grpc(host: text(), port: number(), service: text(), tls: tls())
        case 3: return .http2Ping(host: text(), port: number(), tls: tls())
        case 4: return .dns(host: text(), port: number(), name: text(), type: text())
        case 5: return .ttl(milliseconds: number())
        case 6: return .alias(node: text(), serviceID: text())
        default:
            var headers: [String: [String]] = [:]
            for _ in 0..<below(3) { headers[text()] = texts() }
            return .http(
                HTTPProbe(
                    url: text(),
                    method: text(),
                    headers: headers,
                    body: text(),
                    followsRedirects: flag(),
                    tls: tls()
                )
            )
        }
    }
}

// MARK: - Changes

extension RandomThings {
    mutating func change() -> CatalogChange {
        let condition = [
            nil, RemovalCondition.leaseIs(text()), RemovalCondition.checkIsCritical(text()),
        ][below(3)]
        switch below(12) {
        case 0, 1, 2:
            return .register(
                Registration(
                    node: optional { $0.node() },
                    instance: optional { $0.instance() },
                    checks: (0..<below(3)).map { _ in
                        RegisteredCheck(check(), keepsStatus: flag())
                    },
                    replacesChecks: flag()
                )
            )
        case 3: return .deregisterNode(text())
        case 4: return .deregisterInstance(InstanceKey(node: text(), id: text()), onlyIf: condition)
        case 5: return .deregisterCheck(CheckKey(node: text(), id: text()))
        case 6:
            let status = HealthStatus.allCases[below(3)]
            return .checkStatus(CheckKey(node: text(), id: text()), status, output: text())
        case 7: return .drain(InstanceKey(node: text(), id: text()))
        case 8: return .keyValue(keyValueChange())
        case 9: return .transaction((0..<below(6)).map { _ in operation() })
        case 10: return .endSession(id: text(), onlyIf: optional { UInt64($0.below(99)) })
        default:
            return .setAccessPolicy(AccessPolicy(id: text(), name: text(), rules: text()))
        }
    }

    private mutating func write() -> KeyValueWrite {
        KeyValueWrite(
            key: text(),
            value: (0..<below(300)).map { UInt8(truncatingIfNeeded: $0 &* 7) },
            flags: index()
        )
    }

    private mutating func keyValueChange() -> KeyValueChange {
        switch below(7) {
        case 0: .set(write())
        case 1: .compareAndSet(write(), index: index())
        case 2: .acquire(write(), session: text())
        case 3: .release(write(), session: text())
        case 4: .delete(key: text())
        case 5: .compareAndDelete(key: text(), index: index())
        default: .deleteTree(prefix: text())
        }
    }

    private mutating func operation() -> TransactionOperation {
        let verbs: [TransactionOperation.RecordVerb] = [
            .get, .set, .compareAndSet, .delete, .compareAndDelete,
        ]
        switch below(11) {
        case 0: return .keyValue(.change(keyValueChange()))
        case 1: return .keyValue(.get(key: text()))
        case 2: return .keyValue(.getTree(prefix: text()))
        case 3: return .keyValue(.getOrEmpty(key: text()))
        case 4: return .keyValue(.checkIndex(key: text(), index: index()))
        case 5: return .keyValue(.checkSession(key: text(), session: text()))
        case 6: return .keyValue(.checkNotExists(key: text()))
        case 7: return .node(verbs[below(5)], node())
        case 8: return .service(verbs[below(5)], instance())
        case 9: return .check(verbs[below(5)], check())
        default: return .endSession(id: text())
        }
    }
}
