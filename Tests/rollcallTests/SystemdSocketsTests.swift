import CDatagram
import DNSResponder
import Testing

@testable import rollcall

@Suite("Sockets from the service manager")
struct SystemdSocketsTests {
    private var loopback: datagram_endpoint {
        var endpoint = datagram_endpoint()
        endpoint.family = 4
        endpoint.address.0 = 127
        endpoint.address.3 = 1
        return endpoint
    }

    private func environment(
        _ count: Int,
        pid: String = "7"
    ) -> [String: String] {
        ["LISTEN_FDS": String(count), "LISTEN_PID": pid]
    }

    @Test("kind and address are read from the descriptor")
    func kinds() throws {
        var endpoint = loopback
        let udp = unsafe datagram_open(&endpoint, 0)
        let tcp = unsafe stream_listen(&endpoint, 0, 1)
        defer {
            descriptor_close(udp)
            descriptor_close(tcp)
        }
        try #require(udp > 2 && tcp > 2)
        let datagram = try SystemdSockets(
            environment: environment(1),
            processID: 7,
            firstDescriptor: udp
        )
        #expect(datagram.sockets.map(\.kind) == [.dnsOverUDP])
        #expect(datagram.sockets.map(\.descriptor) == [udp])
        let address = try #require(datagram.sockets.first?.address)
        #expect("\(address)".hasPrefix("127.0.0.1:"))
        #expect(address.port != 0)
        let stream = try SystemdSockets(
            environment: environment(1),
            processID: 7,
            firstDescriptor: tcp
        )
        #expect(stream.sockets.map(\.kind) == [.dnsOverTCP])
    }

    @Test("without the variables, or with another process's, there are none")
    func none() throws {
        #expect(try SystemdSockets(environment: [:], processID: 7).sockets.isEmpty)
        #expect(
            try SystemdSockets(environment: environment(2, pid: "8"), processID: 7).sockets.isEmpty
        )
        #expect(try SystemdSockets(environment: environment(0), processID: 7).sockets.isEmpty)
    }

    @Test("a descriptor that is no socket is one clear line")
    func noSocket() throws {
        let poller = poller_create()
        defer { descriptor_close(poller) }
        let error = try #require(throws: ConfigurationError.self) {
            try SystemdSockets(environment: environment(1), processID: 7, firstDescriptor: poller)
        }
        #expect(
            error.description
                == "LISTEN_FDS: expected UDP and TCP sockets, but descriptor \(poller) is none"
        )
    }

    @Test("a count that is no count is one clear line", arguments: ["many", "-1", "100000"])
    func badCount(text: String) throws {
        let error = try #require(throws: ConfigurationError.self) {
            try SystemdSockets(
                environment: ["LISTEN_FDS": text, "LISTEN_PID": "7"],
                processID: 7
            )
        }
        #expect(
            error.description == "LISTEN_FDS: expected a number from 0 to 256, found \"\(text)\""
        )
    }
}
