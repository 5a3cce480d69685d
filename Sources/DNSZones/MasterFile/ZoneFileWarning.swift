/// A doubtful place in a zone file that is served all the same.
package struct ZoneFileWarning: Hashable, Sendable {
    package let file: String
    /// The line, counted from 1; nil when the whole file is meant.
    package let line: Int?
    package let message: String

    package init(file: String, line: Int?, message: String) {
        self.file = file
        self.line = line
        self.message = message
    }
}

extension ZoneFileWarning: CustomStringConvertible {
    /// One line, such as `zones/x.zone:7: …`.
    package var description: String {
        if let line { "\(file):\(line): \(message)" } else { "\(file): \(message)" }
    }
}
