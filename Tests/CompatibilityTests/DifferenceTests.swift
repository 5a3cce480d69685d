import Foundation
import TestSupport
import Testing

/// The table of differences and the cases tell the same.
@Suite("Differences from Consul")
struct DifferenceTests {
    /// The first column of every row of the table.
    private static func rows() throws -> [String] {
        let page = Fixtures.repository
            .appending(path: "Sources/rollcall/Documentation.docc/ConsulDifferences.md")
        return try String(contentsOf: page, encoding: .utf8).split(separator: "\n")
            .compactMap { line in
                line.hasPrefix("| `") ? line.dropFirst(3).prefix { $0 != "`" } : nil
            }
            .map(String.init)
    }

    private static let ownCases = Scenario.more.flatMap { $0.steps.flatMap(\.cases) }

    @Test("every difference stands in the table, and every row of the table has a case")
    func tableIsWhole() throws {
        let rows = try Self.rows()
        let used = Difference.all.map(\.category) + Self.ownCases.compactMap { $0["differs"].text }
        #expect(Set(rows).count == rows.count, "a row is there twice")
        #expect(Set(used).subtracting(rows).sorted() == [], "not in the table")
        #expect(Set(rows).subtracting(used).sorted() == [], "no case shows it")
    }

    @Test("a difference is about a case and aspects that Consul was asked, and differs")
    func differencesDiffer() throws {
        let observed = try JSON.fixture("observed.json").members
        for difference in Difference.all {
            #expect(!difference.cases.isEmpty && !difference.answers.isEmpty)
            for id in difference.cases {
                for (aspect, answer) in difference.answers {
                    let consul = try #require(observed[id]?.member(aspect), "\(id): \(aspect)")
                    #expect(consul.unordered != answer.unordered, "\(id): \(aspect)")
                }
            }
        }
    }

    @Test("no case has two answers, and every case has one")
    func answersAreUnique() throws {
        var seen: Set<String> = []
        for difference in Difference.all {
            for id in difference.cases {
                for aspect in difference.answers.keys {
                    #expect(seen.insert("\(id) \(aspect)").inserted, "\(id): \(aspect) twice")
                }
            }
        }
        for question in Self.ownCases {
            #expect(seen.insert(question.id).inserted, "two cases are called \(question.id)")
            #expect(question.has("expect"), "\(question.id) expects nothing")
        }
        for question in Scenario.observed.flatMap({ $0.steps.flatMap(\.cases) }) {
            #expect(
                ExpectedAnswers.observed.aspects(of: question) != nil,
                "nothing was observed for \(question.id)"
            )
        }
    }
}
