internal import Logging
internal import ServiceCatalog
internal import Synchronization
internal import Testing

@testable internal import HealthProber

@Suite("Log lines of notices")
struct ProberNoticeTests {
    /// Keeps the metadata of each entry.
    private struct Recorder: LogHandler {
        final class Entries: Sendable {
            let all: Mutex<[Logger.Metadata]> = Mutex([])
        }

        let entries: Entries
        var logLevel = Logger.Level.trace
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            entries.all.withLock { $0.append(event.metadata ?? [:]) }
        }
    }

    @Test("A probe's output of several lines stays in one line of the log")
    func outputOfSeveralLines() {
        let entries = Recorder.Entries()
        let logger = Logger(label: "test") { _ in Recorder(entries: entries) }
        let change = Prober.Transition(
            service: "web",
            node: "n",
            instance: "web-1",
            check: "http",
            type: "http",
            from: .passing,
            to: .critical,
            cause: .probe,
            count: "3/3",
            output: "500 Internal Server Error\r\nlevel=info all is well\n",
            latency: .milliseconds(12),
            duration: .seconds(90)
        )
        ProberService.write(.transition(change), to: logger)
        let metadata = entries.all.withLock { $0 }
        #expect(metadata.count == 1)
        #expect(metadata.first?["latency_ms"] == "12")
        #expect(metadata.first?["after_seconds"] == "90")
        #expect(metadata.first?["count"] == "3/3")
        #expect(
            metadata.first?["output"]?.description
                == #"500 Internal Server Error\r\nlevel=info all is well\n"#
        )
    }

    @Test(
        "Control characters are escaped, other text stays as it is",
        arguments: [
            ("", ""), ("plain \"é😀\" C:\\x", "plain \"é😀\" C:\\x"), ("a\tb", #"a\tb"#),
            ("\u{1B}[31mred", #"\u{1B}[31mred"#), ("\0", #"\0"#), ("\u{7F}", #"\u{7F}"#),
            ("\u{85}\u{2028}\u{2029}", #"\u{0085}\u{2028}\u{2029}"#),
        ]
    )
    func escapes(text: String, line: String) {
        #expect(ProberService.oneLine(text) == line)
    }
}
