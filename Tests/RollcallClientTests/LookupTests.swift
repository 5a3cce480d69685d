import DNSWire
import RollcallClient
import Synchronization
import Testing

@Suite("Lookup")
struct LookupTests {
    private func record(
        _ owner: String,
        _ type: RecordType,
        _ rdata: [UInt8]
    ) throws
        -> ResourceRecord
    {
        ResourceRecord(owner: try DomainName(owner), type: type, ttlSeconds: 5, rdata: rdata)
    }

    private func address(_ owner: String, _ text: String) throws -> ResourceRecord {
        let address = try #require(IPAddress(text))
        return try record(owner, address.recordType, address.rdata)
    }

    @Test("addresses of both families are found")
    func addresses() async throws {
        let v4 = try address("web.service.consul", "10.0.0.1")
        let v6 = try address("web.service.consul", "fd00::1")
        let found = try await withFakeNameServer { query, _ in
            .reply(to: query, query.questions[0].type == .a ? [v4] : [v6])
        } body: { address in
            try await Lookup(address).addresses(of: "web.service.consul")
        }
        #expect(found == ["10.0.0.1", "fd00::1"])
    }

    @Test("a name without addresses gives none, an unknown name is `notFound`")
    func negative() async throws {
        try await withFakeNameServer { query, _ in
            let name = query.questions[0].name.description
            return .reply(to: query, code: name.hasPrefix("empty") ? .noError : .nameError)
        } body: { address in
            let lookup = try Lookup(address)
            #expect(try await lookup.addresses(of: "empty.service.consul").isEmpty)
            let error = await #expect(throws: ClientError.self) {
                try await lookup.addresses(of: "none.service.consul")
            }
            #expect(error?.code == .notFound)
        }
    }

    @Test("a refusal says which code came")
    func refused() async throws {
        try await withFakeNameServer { query, _ in
            .reply(to: query, code: .refused)
        } body: { address in
            let error = await #expect(throws: ClientError.self) {
                try await Lookup(address).addresses(of: "example.org")
            }
            #expect(error?.code == .refused)
            #expect(error?.message == "the server answered REFUSED for example.org")
        }
    }

    @Test("a lost query is sent again, on another id or port")
    func retry() async throws {
        let count = Mutex(0)
        let answer = try address("web.service.consul", "10.0.0.1")
        let found = try await withFakeNameServer { query, _ in
            let number = count.withLock {
                $0 += 1; return $0
            }
            return number == 1 ? nil : .reply(to: query, [answer])
        } body: { address in
            var lookup = try Lookup(address)
            lookup.timeout = .milliseconds(200)
            return try await lookup.exchange(
                .query(id: 7, name: try DomainName("web.service.consul"), type: .a)
            )
        }
        #expect(found.response.answer == [answer])
        #expect(!found.overTCP)
        #expect(count.withLock { $0 } == 2)
    }

    @Test("an answer that does not fit comes over TCP")
    func truncated() async throws {
        let many = try (0..<100).map { try address("big.service.consul", "10.0.0.\($0)") }
        let found = try await withFakeNameServer { query, _ in
            .reply(to: query, query.questions[0].type == .a ? many : [])
        } body: { address in
            try await Lookup(address).addresses(of: "big.service.consul")
        }
        #expect(found.count == 100)
    }

    @Test("answers with another id or question are not taken")
    func forged() async throws {
        let answer = try address("web.service.consul", "10.0.0.1")
        let error = try await withFakeNameServer { query, _ in
            var forged = Message.reply(to: query, [answer])
            if query.questions[0].type == .a {
                forged.header.id &+= 1
            } else {
                forged.questions = []
            }
            return forged
        } body: { address in
            var lookup = try Lookup(address)
            lookup.timeout = .milliseconds(50)
            lookup.attempts = 2
            let asked = lookup
            return await #expect(throws: ClientError.self) {
                try await asked.addresses(of: "web.service.consul")
            }
        }
        #expect(error?.code == .unreachable)
    }

    @Test("endpoints carry port, weight and the addresses of their target")
    func endpoints() async throws {
        let name = "web.service.consul"
        let srv = try ["a.addr.consul", "b.addr.consul"].map { target in
            try record(
                name,
                .srv,
                RData.srv(priority: 1, weight: 2, port: 8080, target: try DomainName(target))
            )
        }
        let included = try address("a.addr.consul", "10.0.0.1")
        let asked = try address("b.addr.consul", "10.0.0.2")
        let found = try await withFakeNameServer { query, _ in
            switch (query.questions[0].type, query.questions[0].name.description) {
            case (.srv, _): .reply(to: query, srv, additional: [included])
            case (.a, "b.addr.consul."): .reply(to: query, [asked])
            default: .reply(to: query)
            }
        } body: { address in
            try await Lookup(address).endpoints(of: name)
        }
        #expect(found.map(\.addresses) == [["10.0.0.1"], ["10.0.0.2"]])
        #expect(found.map(\.target) == ["a.addr.consul.", "b.addr.consul."])
        #expect(found.allSatisfy { $0.port == 8080 && $0.priority == 1 && $0.weight == 2 })
    }

    @Test("a server that is not there is `unreachable`")
    func unreachable() async throws {
        var lookup = try Lookup("127.0.0.1:9")
        lookup.timeout = .seconds(10)
        lookup.attempts = 1
        let asked = lookup
        let error = await #expect(throws: ClientError.self) {
            try await asked.addresses(of: "web.service.consul")
        }
        #expect(error?.code == .unreachable)
        #expect(error?.message == "cannot reach 127.0.0.1:9: Connection refused")
    }

    @Test(
        "an address that cannot be asked is refused",
        arguments: ["", "127.0.0.1", "localhost:53", "127.0.0.1:0", "127.0.0.1:70000", "::1:53x"]
    )
    func badAddress(address: String) {
        let error = #expect(throws: ClientError.self) { try Lookup(address) }
        #expect(error?.code == .badAddress)
    }

    @Test(
        "what is no domain name is not asked",
        arguments: ["a..b", String(repeating: "a", count: 64)]
    )
    func badName(name: String) async throws {
        let lookup = try Lookup("127.0.0.1:9")
        let error = await #expect(throws: ClientError.self) { try await lookup.addresses(of: name) }
        #expect(error?.code == .refused)
    }
}
