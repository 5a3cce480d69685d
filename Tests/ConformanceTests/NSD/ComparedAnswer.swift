import DNSWire

/// What must be the same in two servers' answers to one question.
struct ComparedAnswer {
    let code: UInt16
    let isAuthoritative: Bool
    let isTruncated: Bool
    let answer: Set<String>
    let authority: Set<String>
    let glue: Set<String>

    init(_ message: Message) {
        code = message.responseCodeValue
        isAuthoritative = message.header.isAuthoritative
        isTruncated = message.header.isTruncated
        answer = Self.lines(message.answer)
        let isPositive = !message.answer.isEmpty && message.header.isAuthoritative
        // Helpful name servers beside a complete answer are each server's own choice.
        authority = Self.lines(message.authority.filter { !isPositive || $0.type != .ns })
        let targets = message.authority.filter { $0.type == .ns }
            .compactMap { try? DomainName(wire: $0.rdata) }
        let isReferral = !message.header.isAuthoritative && message.answer.isEmpty
        glue =
            isReferral ? Self.lines(message.additional.filter { targets.contains($0.owner) }) : []
    }

    private static func lines(_ records: [ResourceRecord]) -> Set<String> {
        Set(records.map { "\($0)".lowercased() })
    }

    /// Each difference in words; `self` is ours.
    func differences(from other: ComparedAnswer) -> [String] {
        var differences: [String] = []
        func compare(_ what: String, _ ours: some Equatable, _ theirs: some Equatable) {
            let (ours, theirs) = ("\(ours)", "\(theirs)")
            if ours != theirs { differences.append("\(what) \(ours), NSD \(theirs)") }
        }
        compare("code", code, other.code)
        compare("AA", isAuthoritative, other.isAuthoritative)
        compare("TC", isTruncated, other.isTruncated)
        compare("answer", answer.sorted(), other.answer.sorted())
        compare("authority", authority.sorted(), other.authority.sorted())
        compare("glue", glue.sorted(), other.glue.sorted())
        return differences
    }
}
