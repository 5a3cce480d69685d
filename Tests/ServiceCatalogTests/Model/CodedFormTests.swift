import Foundation
import Testing

@testable import ServiceCatalog

/// Stores and snapshots keep these: what was written once must be readable for ever.
@Suite("Coded form of records")
struct CodedFormTests {
    private func object(_ value: some Encodable) throws -> NSDictionary {
        let data = try JSONEncoder().encode(value)
        return try #require(JSONSerialization.jsonObject(with: data) as? NSDictionary)
    }

    private func check(_ value: some Codable & Equatable, is text: String) throws {
        let expected = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? NSDictionary
        #expect(try object(value) == expected)
        let read = try JSONDecoder().decode(type(of: value), from: Data(text.utf8))
        #expect(read == value)
    }

    @Test("a plain instance and one with everything")
    func instances() throws {
        try check(
            ServiceInstance(node: "n1", id: "w1", service: "web", address: "10.0.0.1", port: 80),
            is: """
                {"node":"n1","id":"w1","service":"web","tags":[],"address":"10.0.0.1","port":80,
                 "meta":{},"weights":{"passing":1,"warning":1},"taggedAddresses":{},
                 "enableTagOverride":false,"kind":"","isDraining":false,"createIndex":0,
                 "modifyIndex":0}
                """
        )
        try check(
            ServiceInstance(
                node: "n1",
                id: "w1",
                service: "web",
                tags: ["a", "b"],
                port: 65_535,
                meta: ["k": "v"],
                weights: ServiceWeights(passing: 5, warning: 2),
                taggedAddresses: ["lan": ServiceAddress(address: "10.0.0.2", port: 81)],
                enableTagOverride: true,
                kind: "connect-proxy",
                socketPath: "/run/web.sock",
                locality: Locality(region: "r", zone: "z"),
                lease: Lease(id: "l", ttlMilliseconds: 5_000),
                isDraining: true,
                createIndex: 7,
                modifyIndex: 9
            ),
            is: """
                {"node":"n1","id":"w1","service":"web","tags":["a","b"],"address":"","port":65535,
                 "meta":{"k":"v"},"weights":{"passing":5,"warning":2},
                 "taggedAddresses":{"lan":{"address":"10.0.0.2","port":81}},
                 "enableTagOverride":true,"kind":"connect-proxy","socketPath":"/run/web.sock",
                 "locality":{"region":"r","zone":"z"},"lease":{"id":"l","ttlMilliseconds":5000},
                 "isDraining":true,"createIndex":7,"modifyIndex":9}
                """
        )
    }

    @Test("an instance that lacks a property is refused")
    func incomplete() {
        let text = #"{"node":"n1","id":"w1","service":"web","address":"","port":80}"#
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(ServiceInstance.self, from: Data(text.utf8))
        }
    }

    @Test("a check with a definition, and one that somebody else reports")
    func checks() throws {
        var check = HealthCheck(
            node: "n1",
            id: "c",
            name: "C",
            status: .warning,
            notes: "n",
            output: "o",
            serviceID: "w1",
            definition: CheckDefinition(probe: .ttl(milliseconds: 1_000))
        )
        check.serviceName = "web"
        check.serviceTags = ["a"]
        check.createIndex = 3
        check.modifyIndex = 4
        try self.check(
            check,
            is: """
                {"node":"n1","id":"c","name":"C","status":"warning","notes":"n","output":"o",
                 "serviceID":"w1","serviceName":"web","serviceTags":["a"],
                 "definition":{"probe":{"ttl":{"milliseconds":1000}},"intervalMilliseconds":10000,
                   "timeoutMilliseconds":10000,"successesBeforePassing":1,
                   "failuresBeforeWarning":1,"failuresBeforeCritical":1,"outputBytesMax":4096},
                 "createIndex":3,"modifyIndex":4}
                """
        )
        check.definition = nil
        check.reportedDefinition = "{}"
        check.reportedType = "http"
        try self.check(
            check,
            is: """
                {"node":"n1","id":"c","name":"C","status":"warning","notes":"n","output":"o",
                 "serviceID":"w1","serviceName":"web","serviceTags":["a"],
                 "reportedDefinition":"{}","reportedType":"http","createIndex":3,"modifyIndex":4}
                """
        )
    }

    @Test("a node")
    func nodes() throws {
        var node = Node(
            id: "u",
            name: "n1",
            address: "10.0.0.1",
            datacenter: "dc1",
            taggedAddresses: ["lan": "10.0.0.1"],
            meta: ["k": "v"]
        )
        node.createIndex = 1
        node.modifyIndex = 2
        try check(
            node,
            is: """
                {"id":"u","name":"n1","address":"10.0.0.1","datacenter":"dc1",
                 "taggedAddresses":{"lan":"10.0.0.1"},"meta":{"k":"v"},"createIndex":1,
                 "modifyIndex":2}
                """
        )
    }

    @Test("setting one property leaves the others alone")
    func properties() {
        let plain = ServiceInstance(node: "n1", id: "w1", service: "web")
        var instance = plain
        instance.tags = ["a"]
        instance.weights = ServiceWeights(passing: 2)
        instance.lease = Lease(id: "l", ttlMilliseconds: 1)
        #expect(instance.tags == ["a"] && instance.weights.passing == 2 && instance.id == "w1")
        instance.weights = ServiceWeights()
        instance.tags = []
        instance.lease = nil
        #expect(instance == plain && instance.hashValue == plain.hashValue)
        #expect(!instance.hasExtras)
        instance.createIndex = 9
        #expect(instance != plain && instance.hasSameContent(as: plain))
    }
}
