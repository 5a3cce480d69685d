import Testing

@testable import DNSWire

@Suite("IP addresses")
struct IPAddressTests {
    @Test(
        "text that is read is written back in its shortest form",
        arguments: [
            ("10.0.1.1", "10.0.1.1"), ("2001:DB8::0:1", "2001:db8::1"),
            ("::ffff:1.2.3.4", "::ffff:1.2.3.4"),
        ]
    )
    func roundTrip(text: String, shortest: String) throws {
        #expect(try #require(IPAddress(text)).description == shortest)
    }

    @Test(
        "anything but an address is refused",
        arguments: ["", "10.0.1", "10.0.1.256", "1.2.3.4/8", "fe80::1%eth0", "a.b"]
    )
    func refused(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test("hexadecimal labels read back")
    func hexadecimal() throws {
        let address = try #require(IPAddress("10.0.1.254"))
        #expect(address.hexadecimal == "0a0001fe")
        #expect(IPAddress(hexadecimal: "0A0001FE") == address)
        #expect(IPAddress(hexadecimal: "+a0001fe") == nil)
        #expect(IPAddress(hexadecimal: "0a0001f") == nil)
    }

    @Test("reverse names follow RFC 1035 section 3.5 and RFC 3596 section 2.5")
    func reverseNames() throws {
        #expect(
            try #require(IPAddress("10.0.1.2")).reverseName.description == "2.1.0.10.in-addr.arpa."
        )
        #expect(try #require(IPAddress("::1")).reverseName.labelCount == 34)
    }

    @Test(
        "a reverse name, and each name below it, gives the address back",
        arguments: [
            "10.0.1.2", "255.0.0.255", "::1", "2001:db8::ff",
        ]
    )
    func enclosingReverseName(text: String) throws {
        let address = try #require(IPAddress(text))
        let name = address.reverseName
        #expect(IPAddress(enclosingReverseName: name) == address)
        let below = try name.prepending(label: "1").prepending(label: "x")
        #expect(IPAddress(enclosingReverseName: below) == address)
        let upper = try DomainName("\(name)".uppercased())
        #expect(IPAddress(enclosingReverseName: upper) == address)
        #expect(IPAddress(enclosingReverseName: try #require(name.parent)) == nil)
    }

    @Test(
        "other names give no address",
        arguments: [
            ".", "arpa", "1.2.3.4", "1.2.3.4.arpa", "1.2.3.4.ip6.arpa", "01.2.3.4.in-addr.arpa",
            "256.2.3.4.in-addr.arpa", "x.2.3.4.in-addr.arpa", "1.2.3.4.in-addr.arpa.example",
        ]
    )
    func noReverseName(text: String) throws {
        #expect(IPAddress(enclosingReverseName: try DomainName(text)) == nil)
    }

    @Test("a prefix holds its block and nothing else")
    func prefix() throws {
        let block = try #require(NetworkPrefix("10.0.0.0/8"))
        #expect(block.contains(try #require(IPAddress("10.255.0.1"))))
        #expect(!block.contains(try #require(IPAddress("11.0.0.1"))))
        #expect(!block.contains(try #require(IPAddress("::1"))))
        #expect(
            try #require(NetworkPrefix("::/0")).contains(try #require(IPAddress("2001:db8::1")))
        )
        #expect(NetworkPrefix("10.0.0.0/33") == nil)
    }
}
