/// Why the responder cannot start, in a sentence that names the address and the remedy.
package struct ResponderError: Error, Equatable, Sendable, CustomStringConvertible {
    package let message: String

    init(_ message: String) {
        self.message = message
    }

    package var description: String { message }
}
