import TestSupport

/// Where Rollcall answers otherwise than Consul on purpose, and what it answers.
struct Difference: Sendable {
    /// The row of `ConsulDifferences.md` that tells why.
    let category: String
    let cases: [String]
    /// Rollcall's answer for the aspects that differ.
    let answers: [String: JSON]

    static let all = JSON.ofFixtures {
        try JSON.fixture("differences.yaml")["differences"].list.map { fields in
            Difference(
                category: fields["category"].text ?? "",
                cases: fields["cases"].list.compactMap(\.text),
                answers: fields["answers"].members
            )
        }
    }
}
