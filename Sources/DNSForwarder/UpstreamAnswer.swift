internal import DNSResponder
internal import DNSWire

/// What a recursive server said, reduced to what answers the question.
///
/// Records that do not belong to the question, its aliases or their denial are left out, so that a
/// server can say nothing about other names.
struct UpstreamAnswer: Hashable, Sendable {
    var responseCode: ResponseCode
    var answer: [ResourceRecord] = []
    var authority: [ResourceRecord] = []
    var additional: [ResourceRecord] = []
    var note: ExtendedError?
    /// How long it may be kept; 0 for not at all.
    var ttlSeconds: UInt32

    /// Aliases that one answer may hold.
    private static let aliasesMax = 16
    /// A day, and for denials three hours, as RFC 2308 §5 advises.
    private static let ttlSecondsMax: UInt32 = 86_400
    private static let negativeTTLSecondsMax: UInt32 = 10_800

    /// That nobody answered; kept for a moment, so that the servers are not asked at once again
    /// (RFC 9520 §3.2).
    init(_ error: ResolutionError) {
        responseCode = .serverFailure
        note = error.note
        ttlSeconds = 1
    }

    /// Takes a reply with the question's name and type.
    ///
    /// - Throws: why the next server has to be asked.
    init(
        _ message: Message,
        to question: Question,
        dnssecOK: Bool
    ) throws(UpstreamFailure) {
        guard let code = message.responseCode, code == .noError || code == .nameError else {
            throw .refused(message.responseCodeValue)
        }
        responseCode = code
        ttlSeconds = Self.ttlSecondsMax
        let (name, isAnswered) = try takeAnswer(message, question, dnssecOK)
        guard code == .noError || !isAnswered else { throw .malformed }
        if isAnswered {
            let targets = Set(answer.flatMap(Self.targets))
            additional = message.additional.filter {
                ($0.type == .a || $0.type == .aaaa) && targets.contains($0.owner)
            }.map(Self.clamped)
        } else {
            let isDenied = takeDenial(message, name, dnssecOK)
            let isReferral = message.authority.contains { $0.type == .ns }
            let isEmpty = answer.isEmpty && code == .noError && !isDenied
            if isEmpty, isReferral, !message.header.isAuthoritative { throw .notRecursive }
        }
    }

    /// Keeps the aliases from the question's name on and the records at their end.
    private mutating func takeAnswer(
        _ message: Message,
        _ question: Question,
        _ dnssecOK: Bool
    ) throws(UpstreamFailure) -> (end: DomainName, isAnswered: Bool) {
        var name = question.name
        var visited: Set = [name]
        var redirections: Set<DomainName> = []
        while true {
            let redirection = message.answer.first {
                $0.type == .dname && $0.owner != name && name.isSubdomain(of: $0.owner)
            }
            if let redirection, redirections.insert(redirection.owner).inserted {
                keep([redirection])
            }
            let here = message.answer.filter { $0.owner == name }
            let wanted = here.filter { $0.type == question.type || question.type == .any }
            let signatures = here.filter { $0.type == .rrsig && question.type != .rrsig }
            if !wanted.isEmpty {
                keep(wanted)
                if dnssecOK, question.type != .any { keep(signatures) }
                return (name, true)
            }
            guard let alias = here.first(where: { $0.type == .cname }) else { return (name, false) }
            keep([alias])
            if dnssecOK { keep(signatures) }
            guard let target = try? DomainName(wire: alias.rdata),
                visited.count <= Self.aliasesMax, visited.insert(target).inserted
            else { throw .malformed }
            name = target
        }
    }

    /// Keeps the SOA that denies `name` (RFC 2308 §2); without one the answer is not kept for
    /// later.
    private mutating func takeDenial(
        _ message: Message,
        _ name: DomainName,
        _ dnssecOK: Bool
    ) -> Bool {
        let zones = message.authority.filter { $0.type == .soa && name.isSubdomain(of: $0.owner) }
        guard var zone = zones.first, zone.rdata.count >= 22 else {
            ttlSeconds = 0
            return false
        }
        let minimum = zone.rdata.suffix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        zone.ttlSeconds = min(Self.clamped(zone).ttlSeconds, minimum, Self.negativeTTLSecondsMax)
        authority.append(zone)
        ttlSeconds = min(ttlSeconds, zone.ttlSeconds)
        if dnssecOK {
            // NSEC and NSEC3 with their signatures.
            let proofs = message.authority.filter { [46, 47, 50].contains($0.type.rawValue) }
            authority += proofs.map(Self.clamped)
        }
        return true
    }

    private mutating func keep(_ records: [ResourceRecord]) {
        for record in records.map(Self.clamped) {
            answer.append(record)
            ttlSeconds = min(ttlSeconds, record.ttlSeconds)
        }
    }

    /// The names in the rdata of `record`, whose addresses help the client.
    private static func targets(_ record: ResourceRecord) -> [DomainName] {
        guard let layout = RData.nameLayout(of: record.type) else { return [] }
        var reader = MessageReader(record.rdata, offset: layout.bytesBefore)
        return (0..<layout.names).compactMap { _ in try? reader.readName() }
    }

    /// With a time to live of at most a day; one with the highest bit set is 0 (RFC 2181 §8).
    private static func clamped(_ record: ResourceRecord) -> ResourceRecord {
        var record = record
        record.ttlSeconds =
            record.ttlSeconds > UInt32(Int32.max) ? 0 : min(record.ttlSeconds, ttlSecondsMax)
        return record
    }

    /// About what it takes in memory.
    var byteCount: Int {
        (answer + authority + additional).reduce(256) {
            $0 + 96 + $1.owner.wire.count + $1.rdata.count
        }
    }

    /// The reply to `query` when this is `ageSeconds` old, after what our zones said.
    func reply(to query: ForwardedQuery, ageSeconds: UInt32 = 0) -> FallbackReply {
        func aged(_ records: [ResourceRecord]) -> [ResourceRecord] {
            records.map { record in
                var record = record
                record.ttlSeconds -= min(record.ttlSeconds, ageSeconds)
                return record
            }
        }
        return reply(to: query, aged)
    }

    /// The reply when this is too old but nobody tells anything newer (RFC 8767 §5.2).
    func staleReply(to query: ForwardedQuery) -> FallbackReply {
        var reply = reply(to: query) { records in
            records.map { record in
                var record = record
                record.ttlSeconds = 30
                return record
            }
        }
        reply.note = ExtendedError(infoCode: ExtendedError.staleAnswer, extraText: "")
        return reply
    }

    private func reply(
        to query: ForwardedQuery,
        _ shown: ([ResourceRecord]) -> [ResourceRecord]
    ) -> FallbackReply {
        // AA tells about the first name of the answer (RFC 1035 §4.1.1), the code about the last
        // one (RFC 6604 §3).
        FallbackReply(
            responseCode: responseCode,
            isAuthoritative: query.beginning?.isAuthoritative ?? false,
            answer: (query.beginning?.answer ?? []) + shown(answer),
            authority: shown(authority),
            additional: (query.beginning?.additional ?? []) + shown(additional),
            note: note ?? query.beginning?.note
        )
    }
}
