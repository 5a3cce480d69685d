/// Why the stored catalog cannot be opened, read or written.
package struct CatalogStoreError: Error, Hashable, Sendable {
    /// What kind of trouble it is.
    package enum Code: Hashable, Sendable {
        /// The folder or the file cannot be created or opened.
        case unreachable
        /// Another process has it open.
        case inUse
        /// It was written by a newer Rollcall, or is no catalog at all.
        case unknownFormat
        /// What it holds cannot be read.
        case corrupt
        /// A write failed, such as for lack of space.
        case writeFailed
    }

    package var code: Code
    /// The file.
    package var path: String
    /// What happened and what to do.
    package var message: String

    package init(_ code: Code, path: String, message: String) {
        self.code = code
        self.path = path
        self.message = message
    }
}

extension CatalogStoreError: CustomStringConvertible {
    package var description: String { "\(path): \(message)" }
}
