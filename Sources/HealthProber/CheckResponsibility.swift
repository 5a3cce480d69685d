package import ServiceCatalog

/// Which of several servers looks after a check: by rendezvous hashing, so that when one joins or
/// leaves only the checks that it gets or had move.
package struct CheckResponsibility: Hashable, Sendable {
    /// Nil: this server looks after all.
    package let servers: [String]?
    private let own: String
    private let seeds: [UInt64]

    /// This server looks after all checks.
    package static let all = CheckResponsibility(servers: nil, own: "")

    /// - Parameters:
    ///   - servers: names of all that share the checks; nil: this server looks after all.
    ///   - own: this server's name; where it is none of `servers` it looks after none.
    package init(servers: [String]?, own: String) {
        self.servers = servers
        self.own = own
        self.seeds = (servers ?? []).map { StableHash.of($0) }
    }

    /// True when this server looks after the check, whose node's name is folded.
    package func isOwn(_ check: CheckKey) -> Bool {
        guard let servers else { return true }
        return ranked(check).first.map { servers[$0] == own } ?? false
    }

    /// The other servers, the one that would look after the check next first.
    package func others(for check: CheckKey) -> [String] {
        guard let servers else { return [] }
        return ranked(check).map { servers[$0] }.filter { $0 != own }
    }

    /// Positions of the servers, the one that looks after the check first.
    private func ranked(_ check: CheckKey) -> [Int] {
        let number = StableHash.of(check)
        let scores = seeds.map { StableHash.mix($0 ^ number) }
        return scores.indices.sorted { (scores[$0], $0) > (scores[$1], $1) }
    }
}

/// Hashes that are the same in every process.
package enum StableHash {
    /// FNV-1a, which its authors put into the public domain, and a finish that spreads its bits.
    package static func of(_ text: String) -> UInt64 {
        mix(fold(text, into: 0xCBF2_9CE4_8422_2325))
    }

    package static func of(_ check: CheckKey) -> UInt64 {
        mix(fold(check.id, into: fold("\0", into: fold(check.node, into: 0xCBF2_9CE4_8422_2325))))
    }

    private static func fold(_ text: String, into start: UInt64) -> UInt64 {
        text.utf8.reduce(start) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }

    /// The finish of splitmix64, of which each bit of the result depends on every bit.
    package static func mix(_ number: UInt64) -> UInt64 {
        var bits = number
        bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
        return bits ^ bits >> 31
    }
}
