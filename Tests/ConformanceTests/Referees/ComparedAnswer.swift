import DNSWire

/// What must be the same in two servers' answers to one question.
///
/// Not compared: the order of records, the name servers that some add to complete answers, and
/// additional records that no record of the answer or referral names.
struct ComparedAnswer: Equatable {
    let code: UInt16
    let isAuthoritative: Bool
    let isTruncated: Bool
    let answer: Set<ResourceRecord>
    let authority: Set<ResourceRecord>
    /// Addresses of the hosts that answer or referral name.
    let additional: Set<ResourceRecord>

    var isReferral: Bool { !isAuthoritative && !authority.isEmpty && code == 0 }

    init(_ message: Message) {
        code = message.responseCodeValue
        isAuthoritative = message.header.isAuthoritative
        isTruncated = message.header.isTruncated
        answer = Self.folded(message.answer)
        let isPositive = !message.answer.isEmpty && message.header.isAuthoritative
        authority = Self.folded(
            message.authority.filter { !isPositive || $0.type != .ns }
        )
        var targets: Set<DomainName> = []
        for record in message.answer + (isPositive ? [] : message.authority) {
            let skipped = [RecordType.ns: 0, .mx: 2, .srv: 6][record.type]
            guard let skipped, record.rdata.count > skipped,
                let target = try? DomainName(wire: Array(record.rdata[skipped...]))
            else { continue }
            targets.insert(target)
        }
        additional = Self.folded(message.additional.filter { targets.contains($0.owner) })
    }

    /// Letter case of names is the business of compression.
    private static func folded(_ records: [ResourceRecord]) -> Set<ResourceRecord> {
        var set: Set<ResourceRecord> = []
        for var record in records {
            if record.type != .txt { record.rdata = record.rdata.map(DomainName.fold) }
            set.insert(record)
        }
        return set
    }

    /// Each difference in words; `self` is ours.
    func differences(from other: ComparedAnswer) -> [String] {
        var differences: [String] = []
        func compare<Value: Equatable>(_ what: String, _ ours: Value, _ theirs: Value) {
            if ours != theirs { differences.append("\(what) \(ours), theirs \(theirs)") }
        }
        func compare(_ what: String, _ ours: Set<ResourceRecord>, _ theirs: Set<ResourceRecord>) {
            if ours != theirs {
                let (mine, other) = (ours.subtracting(theirs), theirs.subtracting(ours))
                differences.append(
                    "\(what) only ours \(Self.text(mine)), only theirs \(Self.text(other))"
                )
            }
        }
        compare("code", code, other.code)
        compare("AA", isAuthoritative, other.isAuthoritative)
        compare("TC", isTruncated, other.isTruncated)
        compare("answer", answer, other.answer)
        compare("authority", authority, other.authority)
        compare("additional", additional, other.additional)
        return differences
    }

    private static func text(_ records: Set<ResourceRecord>) -> String {
        let lines = records.map { "\($0)" }.sorted()
        let more = lines.count > 4 ? ", and \(lines.count - 4) more" : ""
        return "[" + lines.prefix(4).joined(separator: " | ") + more + "]"
    }
}
