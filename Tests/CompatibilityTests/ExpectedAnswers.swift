import TestSupport

/// What each case must show: what Consul answered, save where a difference says otherwise.
struct ExpectedAnswers: Sendable {
    /// By case, aspect by aspect.
    private let answers: [String: [String: JSON]]
    /// Statuses of the writes of a step.
    private let statuses: [String: JSON]

    static let observed = JSON.ofFixtures {
        try ExpectedAnswers(JSON.fixture("observed.json"), Difference.all)
    }

    init(_ observed: JSON, _ differences: [Difference]) {
        statuses = observed.members.filter { $0.value.kind == "list" }
        var answers = observed.members.filter { $0.value.kind == "dict" }.mapValues(\.members)
        for difference in differences {
            for id in difference.cases { answers[id]?.merge(difference.answers) { $1 } }
        }
        self.answers = answers
    }

    /// The aspects of a case; its own `expect` comes first.
    func aspects(of question: Scenario.Case) -> [String: JSON]? {
        let own = question["expect"].members
        guard own.isEmpty else { return own }
        guard var aspects = answers[question.id] else { return nil }
        for aspect in question.texts("relax") { aspects[aspect] = nil }
        let required = question.texts("req")
        return required.isEmpty ? aspects : aspects.filter { required.contains($0.key) }
    }

    /// The statuses of a step's writes; nil where each has its own, or 200.
    func statuses(of id: String) -> JSON? { statuses[id] }
}
