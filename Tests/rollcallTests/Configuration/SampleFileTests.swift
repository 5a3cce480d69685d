import Foundation
import TestSupport
import Testing

@testable import rollcall

@Suite("Config/rollcall.yaml")
struct SampleFileTests {
    private static let host = HostFacts(hostName: "Host-7.example.org", cores: 6)

    private func sample() throws -> String {
        try String(
            contentsOf: Fixtures.repository.appending(path: "Config/rollcall.yaml"),
            encoding: .utf8
        )
    }

    /// The file with the `#` before each key taken away.
    private func uncommented() throws -> String {
        try sample().split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let indent = line.prefix { $0 == " " }
            let rest = line.dropFirst(indent.count)
            let isKey = rest.hasPrefix("#") && rest.dropFirst().first?.isLetter == true
            return isKey ? indent + rest.dropFirst() : line
        }.joined(separator: "\n")
    }

    private func load(_ text: String) throws -> Configuration {
        try ConfigurationSources(
            flags: ["config": ["rollcall.yaml"]],
            environment: [:],
            host: Self.host,
            readFile: { _ in text }
        ).load()
    }

    @Test("as shipped, it changes nothing")
    func asShipped() throws {
        var expected = Configuration(host: Self.host)
        expected.file = "rollcall.yaml"
        #expect(try load(sample()) == expected)
    }

    @Test("with every key uncommented, it equals the defaults")
    func uncommentedEqualsDefaults() throws {
        var expected = Configuration(host: Self.host)
        expected.file = "rollcall.yaml"
        #expect(try load(uncommented()) == expected)
    }

    @Test("it has every key, in the order of the table, and no other")
    func hasEveryKey() throws {
        let text = try uncommented()
        let file = try ConfigurationFile(
            path: "x",
            readFile: { (_) throws(FileReadFailure) in text }
        )
        #expect(try file.values().map(\.setting.key) == Setting.all.map(\.key))
    }
}
