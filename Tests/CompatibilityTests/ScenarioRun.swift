import Foundation
import TestSupport

/// Drives one server through one scenario and compares what it sees.
struct ScenarioRun {
    /// What differs in one aspect of one case.
    struct Finding: CustomStringConvertible {
        var id: String
        var aspect: String
        var expected: JSON
        var got: JSON

        var description: String {
            "\(id): \(aspect)\n  expected \(expected.line)\n  got      \(got.line)"
        }
    }

    let scenario: Scenario
    let server: ServerUnderTest
    var expected = ExpectedAnswers.observed

    /// How long a case that depends on probes may differ.
    private static let probeSeconds = 8.0

    func findings() throws -> [Finding] {
        try scenario.steps.enumerated().flatMap { number, step in
            try write(step.operations, id: "\(scenario.name)/writes-\(number)")
                + step.cases.flatMap { try findings($0, mayWait: scenario.hasProbes) }
        }
    }

    /// Runs the operations; those that wait for the server are not needed here: what it has
    /// acknowledged can be asked for.
    private func write(_ operations: [JSON], id: String) throws -> [Finding] {
        var got: [JSON] = []
        var own: [JSON] = []
        var bodies: [String] = []
        for operation in operations {
            guard let request = Operation.request(operation) else { continue }
            let reply = try server.send(request)
            got.append(.number(Double(reply.status)))
            own.append(.number(Double(operation["status"].number ?? 200)))
            if reply.status != 200 { bodies.append("\(request.path): \(reply.body)") }
        }
        let expected = JSON.list(expected.statuses(of: id)?.list ?? own)
        guard expected != .list(got) else { return [] }
        return [
            Finding(id: id, aspect: "status", expected: expected, got: .list(got)),
            Finding(
                id: id,
                aspect: "refusals",
                expected: .list([]),
                got: .list(bodies.map { .text($0) })
            ),
        ]
    }

    private func findings(_ question: Scenario.Case, mayWait: Bool) throws -> [Finding] {
        guard let aspects = expected.aspects(of: question) else {
            return [Finding(id: question.id, aspect: "none expected", expected: .null, got: .null)]
        }
        let start = ContinuousClock.now
        while true {
            let findings = differing(aspects, try observe(question, aspects), question)
            let waited = (ContinuousClock.now - start) / .seconds(1)
            if findings.isEmpty || !mayWait || waited > Self.probeSeconds { return findings }
            usleep(50_000)
        }
    }

    private func observe(
        _ question: Scenario.Case,
        _ aspects: [String: JSON]
    ) throws -> [String: JSON] {
        if question.has("block") {
            return try BlockingObservation(server: server, question: question).observe()
        }
        if question.has("raw") {
            return try PacketObservation(server: server, question: question)
                .observe(expectsSilence: aspects["reply"] == .bool(false))
        }
        if question.has("q") {
            return try DNSObservation(server: server, question: question).observe()
        }
        return try HTTPObservation(server: server, question: question).observe()
    }

    private func differing(
        _ expected: [String: JSON],
        _ got: [String: JSON],
        _ question: Scenario.Case
    ) -> [Finding] {
        expected.sorted { $0.key < $1.key }.compactMap { aspect, value in
            let value = value.mapTexts(server.filled)
            let seen = got[aspect == "begins" ? "errtext" : aspect] ?? .null
            let agrees =
                switch aspect {
                case "shape": Self.fixedPaths(value).isSubset(of: seen.list)
                case "headers": value.members.allSatisfy { (seen.member($0) ?? .null) == $1 }
                case "begins": seen.text?.hasPrefix(value.text ?? "") == true
                case "answer" where question.has("tolerance"):
                    Self.isNear(value, seen, tolerance: question["tolerance"])
                default: value.unordered == seen.unordered
                }
            guard !agrees else { return nil }
            return Finding(id: question.id, aspect: aspect, expected: value, got: seen)
        }
    }

    /// Paths without those of meta, which is content: a server's own node may have some.
    private static func fixedPaths(_ shape: JSON) -> Set<JSON> {
        Set(shape.list.filter { $0.text?.hasSuffix("Meta/*") != true })
    }

    /// Equal but for the count, which may be off by a part.
    private static func isNear(_ expected: JSON, _ got: JSON, tolerance: JSON) -> Bool {
        var left = expected.members
        var right = got.members
        guard case .number(let part) = tolerance,
            let wanted = left.removeValue(forKey: "count")?.number,
            let seen = right.removeValue(forKey: "count")?.number
        else { return expected == got }
        return left == right && Double(abs(wanted - seen)) <= part * Double(wanted)
    }
}
