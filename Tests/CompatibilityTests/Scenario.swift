import TestSupport
import Testing

/// Registrations with the questions that are asked after them, on a server of their own.
struct Scenario: Sendable {
    /// One question, DNS or HTTP.
    struct Case: Sendable {
        /// `scenario/group/case`.
        let id: String
        let fields: JSON

        subscript(name: String) -> JSON { fields[name] }

        func has(_ name: String) -> Bool { fields.member(name) != nil }

        /// The texts of a list.
        func texts(_ name: String) -> [String] { fields[name].list.compactMap(\.text) }
    }

    /// Operations, then cases.
    struct Step: Sendable {
        let operations: [JSON]
        let cases: [Case]
    }

    let name: String
    /// More flags of `serve`.
    let flags: [String]
    /// Settings by environment.
    let settings: [String: String]
    let steps: [Step]

    /// True when a check goes to the target of checks.
    var hasProbes: Bool {
        steps.contains { $0.operations.contains { $0.line.contains("{hc}") } }
    }

    /// What Consul was asked.
    static let observed = JSON.ofFixtures { try read("cases.yaml") }
    /// What else is asked, with the answers beside the questions.
    static let more = JSON.ofFixtures {
        try ["names", "wire", "agent", "catalog"].flatMap { try read("more/\($0).yaml") }
    }

    private static func read(_ file: String) throws -> [Scenario] {
        try JSON.fixture(file)["scenarios"].list.map { fields in
            let name = fields["name"].text ?? ""
            return Scenario(
                name: name,
                flags: fields["flags"].list.compactMap(\.text),
                settings: fields["settings"].members.compactMapValues(\.text),
                steps: fields["steps"].list.map { step in
                    Step(
                        operations: Operation.expanded(step["do"].list),
                        cases: step["cases"].list.map { fields in
                            let id = [name, fields["g"].text ?? "", fields["id"].text ?? ""]
                            return Case(id: id.joined(separator: "/"), fields: fields)
                        }
                    )
                }
            )
        }
    }
}

extension Scenario: CustomTestStringConvertible {
    var testDescription: String { name }
}
