/// Why a zone file cannot be served: one place and what was expected there.
package struct ZoneFileError: Error, Hashable, Sendable {
    /// The path as the file was asked for.
    package let file: String
    /// The line, counted from 1; nil when the fault is the file itself.
    package let line: Int?
    package let message: String

    package init(file: String, line: Int?, message: String) {
        self.file = file
        self.line = line
        self.message = message
    }
}

extension ZoneFileError: CustomStringConvertible {
    /// One line, such as `zones/x.zone:7: …`.
    package var description: String {
        if let line { "\(file):\(line): \(message)" } else { "\(file): \(message)" }
    }
}
