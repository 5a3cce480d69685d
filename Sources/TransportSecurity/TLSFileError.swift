/// Why a certificate or key cannot be used: one line with the setting and the file.
package struct TLSFileError: Error, Hashable, Sendable {
    /// The setting that names the file, such as `tls.key`.
    package var setting: String
    package var file: String
    package var problem: String
}

extension TLSFileError: CustomStringConvertible {
    package var description: String { "\(setting): \(file): \(problem)" }
}
