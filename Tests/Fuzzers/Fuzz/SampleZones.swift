import DNSZones

/// Zones with every trap in a few lines.
enum SampleZones {
    static let traps = """
        $ORIGIN traps.example.
        $TTL 300
        @ SOA ns1 hostmaster 1 7200 900 1209600 60
        @ NS ns1
        @ MX 10 mail
        ns1 A 192.0.2.1
        ns1 AAAA 2001:db8::1
        mail A 192.0.2.25
        *.wild TXT "made by a wildcard"
        *.wild MX 5 mail
        *.alias CNAME mail
        empty.below.here A 192.0.2.9
        loop1 CNAME loop2
        loop2 CNAME loop1
        out CNAME www.example.com.
        cat CNAME web.service.consul.
        old DNAME wild
        away DNAME child
        child NS ns.child
        child DS 1 8 2 00
        ns.child A 192.0.2.53
        esc\\.aped TXT "dot"
        wide TXT "\(String(repeating: "x", count: 250))"
        wide TXT "\(String(repeating: "y", count: 250))"
        wide TXT "\(String(repeating: "z", count: 250))"
        wide TXT "\(String(repeating: "w", count: 250))"
        wide TXT "\(String(repeating: "v", count: 250))"
        _sip._tcp SRV 0 5 5060 mail
        odd TYPE65280 \\# 4 0A000001
        """

    static let child = """
        @ 300 SOA ns hostmaster 7 7200 900 1209600 60
        @ 300 NS ns
        ns 300 A 192.0.2.77
        back 300 CNAME mail.traps.example.
        """

    static func all() throws -> [StaticZone] {
        [
            StaticZone(try ZoneFile.parse(traps, path: "traps.example.zone")),
            StaticZone(try ZoneFile.parse(child, path: "child.traps.example.zone")),
        ]
    }
}
