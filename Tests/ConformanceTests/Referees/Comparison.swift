import DNSWire

/// What two servers said to one question.
struct Comparison: CustomStringConvertible {
    let question: AskedQuestion
    let referee: Referee
    let ours: ComparedAnswer
    let theirs: ComparedAnswer
    /// The zones that both serve.
    let apexes: [DomainName]

    init(
        question: AskedQuestion,
        referee: Referee,
        ours: Message,
        theirs: Message,
        apexes: [DomainName]
    ) {
        self.apexes = apexes
        self.question = question
        self.referee = referee
        self.ours = ComparedAnswer(ours)
        self.theirs = ComparedAnswer(theirs)
    }

    var isDifferent: Bool { ours != theirs }

    var description: String { ours.differences(from: theirs).joined(separator: "; ") }

    /// The answer of one is the beginning of the other's.
    var isPart: Bool {
        ours.answer.isSubset(of: theirs.answer) || theirs.answer.isSubset(of: ours.answer)
    }

    var sameAnswer: Bool { ours.answer == theirs.answer && ours.code == theirs.code }

    /// The aliases that the longer answer follows.
    var aliases: [ResourceRecord] {
        let longer = ours.answer.count > theirs.answer.count ? ours.answer : theirs.answer
        return longer.filter { $0.type == .cname }
    }

    /// True when an alias of our answer leads into another zone than the question's.
    var leavesZone: Bool {
        let home = apex(of: question.name)
        return ours.answer.contains { record in
            guard record.type == .cname, let target = Self.target(record) else { return false }
            return apex(of: target) != nil && apex(of: target) != home
        }
    }

    /// True when the aliases of our answer end where they have been.
    var isLoop: Bool {
        let aliases = ours.answer.filter { $0.type == .cname }
        let owners = Set(aliases.map(\.owner))
        return !aliases.isEmpty
            && aliases.allSatisfy { Self.target($0).map(owners.contains) ?? false }
    }

    private func apex(of name: DomainName) -> DomainName? {
        apexes.filter { name.isSubdomain(of: $0) }.max { $0.labelCount < $1.labelCount }
    }

    private static func target(_ record: ResourceRecord) -> DomainName? {
        try? DomainName(wire: record.rdata)
    }
}
