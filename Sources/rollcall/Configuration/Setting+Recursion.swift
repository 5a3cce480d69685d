internal import DNSForwarder
internal import DNSResponder
internal import DNSWire

extension Setting {
    /// The keys about names outside our zones.
    static let recursion: [Setting] = [
        .list("dns.recursors", \.dns.recursors, .recursor, mayBeEmpty: true),
        .one(
            "dns.recursor_timeout",
            \.dns.recursorTimeout,
            .duration(such: "2s", .milliseconds(10) ... .seconds(60))
        ),
        .one("dns.recursor_strategy", \.dns.recursorStrategy, .strategy),
        .list("dns.recursor_clients", \.dns.recursorClients, .network, mayBeEmpty: true),
        .one("dns.recursor_cache_entries", \.dns.recursorCacheEntries, .number(0...10_000_000)),
        .one("dns.recursor_cache_bytes", \.dns.recursorCacheBytes, .bytes(65_536...(1 << 36))),
        .one(
            "dns.recursor_stale",
            \.dns.recursorStale,
            .duration(such: "1h", .zero ... .seconds(604_800))
        ),
    ]
}

extension SettingForm where Value == ListenAddress {
    /// A server to ask: an address, with a port unless it is 53.
    fileprivate static var recursor: SettingForm {
        SettingForm(
            expected: "the address of a DNS server such as 10.0.0.2, 10.0.0.2:53 or [fd00::2]:53",
            parse: { text in
                let bare =
                    text.hasPrefix("[") && text.hasSuffix("]")
                    ? text.dropFirst().dropLast() : text[...]
                let server =
                    IPAddress(bare).map { ListenAddress(address: $0, port: 53) }
                    ?? (try? ListenAddress(text))
                guard let server, server.port != 0, !server.address.isUnspecified else {
                    return nil
                }
                return server
            },
            show: { .text("\($0)") }
        )
    }
}

extension SettingForm where Value == ForwarderSettings.Strategy {
    fileprivate static var strategy: SettingForm {
        SettingForm(
            expected: "sequential or random",
            parse: { ForwarderSettings.Strategy(rawValue: $0) },
            show: { .text($0.rawValue) }
        )
    }
}

extension Configuration {
    /// How names outside our zones are answered.
    var forwarder: ForwarderSettings {
        ForwarderSettings(
            servers: dns.recursors,
            timeout: dns.recursorTimeout,
            strategy: dns.recursorStrategy,
            clients: dns.recursorClients,
            cacheEntriesMax: dns.recursorCacheEntries,
            cacheBytesMax: dns.recursorCacheBytes,
            staleSeconds: Int(dns.recursorStale.components.seconds)
        )
    }

    /// The recursor that is this server itself: each question would come back.
    ///
    /// Of a listener on all addresses those are known that name this host: loopback and the
    /// node's.
    var recursorThatIsThisServer: ListenAddress? {
        dns.recursors.first { recursor in
            dnsListen.contains { own in
                guard own.port == recursor.port else { return false }
                let isOwn = recursor.address.isLoopback || recursor.address == nodeAddress
                return own.address == recursor.address || own.address.isUnspecified && isOwn
            }
        }
    }
}
