internal import Foundation
internal import Logging

/// Writes each log entry as one JSON object a line to stderr.
struct JSONLogHandler: LogHandler {
    let label: String
    var logLevel: Logger.Level = .info
    var metadata: Logger.Metadata = [:]

    private struct Entry: Encodable {
        var time: String
        var level: String
        var label: String
        var message: String
        var metadata: [String: String]
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        let entry = Entry(
            time: Date.now.formatted(
                .iso8601.year().month().day().time(includingFractionalSeconds: true)
            ),
            level: event.level.rawValue,
            label: label,
            message: event.message.description,
            metadata: all.mapValues { "\($0)" }
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let line = try? encoder.encode(entry) else { return }
        FileHandle.standardError.write(line + Data("\n".utf8))
    }
}

extension Configuration {
    /// A logger of the configured level and form, to stderr: stdout has the ready line only.
    func makeLogger() -> Logger {
        var logger = Logger(label: "rollcall") { label in
            switch logFormat {
            case .text: StreamLogHandler.standardError(label: label)
            case .json: JSONLogHandler(label: label)
            }
        }
        logger.logLevel = logLevel
        return logger
    }
}
