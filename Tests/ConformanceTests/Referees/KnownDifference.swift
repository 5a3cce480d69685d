import DNSWire

/// A difference between name servers that is no fault: which, and the sentence that decides.
///
/// The page `Conformance` of the documentation has the same table in words.
struct KnownDifference: Sendable {
    let name: String
    /// The RFC that decides, or leaves it open.
    let reference: String
    /// True where no referee needs to agree with us.
    var standsAlone = false
    let explains: @Sendable (Comparison) -> Bool

    /// The first that explains a difference counts.
    static let all: [KnownDifference] = [
        KnownDifference(
            name: "an alias into another zone of the same server",
            // "…go back to step 1": all zones are searched again. BIND and Knot stay in the first.
            reference: "RFC 1034 §4.3.2 step 3a",
            standsAlone: true
        ) {
            $0.referee != .nsd && $0.leavesZone && $0.theirs.answer.isSubset(of: $0.ours.answer)
        },
        KnownDifference(
            name: "an alias that leads back to itself",
            // "CNAME chains should be followed and CNAME loops signalled as an error": by whom is
            // left open. BIND says SERVFAIL.
            reference: "RFC 1034 §3.6.2"
        ) {
            $0.referee == .bind && $0.isLoop && $0.theirs.code == 2 && $0.isPart
        },
        KnownDifference(
            name: "how many aliases are followed",
            // Chains are to be followed, and no number is given. Ours follows 16, NSD as many as fit.
            reference: "RFC 1034 §5.2.2",
            standsAlone: true
        ) {
            ($0.aliases.count >= 5 || $0.ours.isTruncated && !$0.aliases.isEmpty)
                && $0.isPart && [0, 2, 6].contains($0.theirs.code)
        },
        KnownDifference(
            name: "name servers at a wildcard",
            // What they mean is left open. Knot delegates; NSD does not.
            reference: "RFC 4592 §4.2"
        ) {
            $0.referee == .knot
                && ($0.theirs.authority.union($0.theirs.answer)).contains {
                    $0.type == .ns && $0.owner.isWildcard
                }
        },
        KnownDifference(
            name: "a DNAME at a wildcard",
            // Discouraged: Knot makes a DNAME of the wildcard for the name of the question.
            reference: "RFC 4592 §4.4"
        ) {
            $0.referee == .knot && $0.ours.code == $0.theirs.code
                && $0.ours.answer.contains { $0.type == .dname && $0.owner.isWildcard }
        },
        KnownDifference(
            name: "the SOA beside YXDOMAIN",
            // "…set RCODE to YXDOMAIN and exit"; what the other sections hold is left open.
            reference: "RFC 6672 §3.2 step 3c"
        ) {
            $0.ours.code == 6 && $0.theirs.code == 6 && $0.ours.answer == $0.theirs.answer
        },
        KnownDifference(
            name: "addresses of name servers that are not below the cut",
            // Addresses are to be put into the additional section, glue where they are not
            // authoritative. BIND leaves out the others, and they are not needed (RFC 9471 §2.2).
            reference: "RFC 1034 §4.3.2 step 3b"
        ) {
            $0.referee == .bind && $0.ours.isReferral && $0.sameAnswer
                && $0.ours.authority == $0.theirs.authority
                && $0.theirs.additional.isSubset(of: $0.ours.additional)
        },
        KnownDifference(
            name: "what fits into a small datagram",
            // "…TC should be set only when an RRSet … could not be included in its entirety": how
            // well names are compressed decides.
            reference: "RFC 2181 §9",
            standsAlone: true
        ) {
            // Knot leaves out the SOA of a negative answer without a word.
            let isCut =
                $0.theirs.isTruncated || $0.referee == .knot && $0.theirs.authority.isEmpty
            return !$0.question.manner.isStream && !$0.ours.isTruncated && isCut
                && $0.theirs.answer.isSubset(of: $0.ours.answer)
                && $0.ours.answer.contains { $0.type == .dname || $0.type == .cname }
        },
        KnownDifference(
            name: "glue beside an answer",
            // Data of the least trust, which no answer needs. Knot adds such addresses to MX and SRV.
            reference: "RFC 2181 §5.4.1"
        ) {
            $0.referee == .knot && $0.sameAnswer && $0.ours.authority == $0.theirs.authority
                && $0.ours.additional.isSubset(of: $0.theirs.additional)
        },
        KnownDifference(
            name: "different TTLs in one RRset",
            // "…treat the RRs for all purposes as if all TTLs in the RRSet had been set to the value
            // of the lowest TTL". BIND takes the first, NSD leaves each as it is.
            reference: "RFC 2181 §5.2",
            standsAlone: true
        ) {
            func withoutTTL(_ records: Set<ResourceRecord>) -> Set<ResourceRecord> {
                Set(
                    records.map { record in
                        var record = record
                        record.ttlSeconds = 0
                        return record
                    }
                )
            }
            let (ours, theirs) = ($0.ours.answer, $0.theirs.answer)
            // Only where the file has them.
            guard let zone = try? DomainName("ttl.example"),
                $0.question.name.isSubdomain(of: zone)
            else { return false }
            let lowest = ours.union(theirs).map(\.ttlSeconds).min()
            return ours.count > 1 && $0.ours.code == $0.theirs.code
                && withoutTTL(ours) == withoutTTL(theirs)
                && ours.allSatisfy { $0.ttlSeconds == lowest }
        },
    ]
}
