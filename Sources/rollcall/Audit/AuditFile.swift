internal import Glibc

/// Why the file of the record cannot be used.
struct AuditFileError: Error, Hashable, Sendable, CustomStringConvertible {
    let description: String

    init(_ path: String, _ what: String, _ errorNumber: Int32) {
        description = "\(path): \(what): \(SystemMessage.text(errorNumber))"
    }
}

/// An open file to which lines are appended.
struct AuditFile: Sendable {
    let path: String
    private var descriptor: Int32
    /// True when the last write broke off inside a line.
    private var isInLine = false

    init(_ path: String) throws(AuditFileError) {
        self.path = path
        descriptor = try Self.open(path)
    }

    /// Opens it for its owner alone.
    ///
    /// A pipe without a reader must not stop us.
    private static func open(_ path: String) throws(AuditFileError) -> Int32 {
        let flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
        let descriptor = unsafe Glibc.open(path, flags, 0o600)
        guard descriptor >= 0 else { throw AuditFileError(path, "cannot be opened", errno) }
        return descriptor
    }

    mutating func reopen() throws(AuditFileError) {
        let opened = try Self.open(path)
        close(descriptor)
        descriptor = opened
        isInLine = false
    }

    mutating func append(_ bytes: [UInt8]) throws(AuditFileError) {
        let bytes = isInLine ? [UInt8(ascii: "\n")] + bytes : bytes
        var position = 0
        while position < bytes.count {
            let count = unsafe bytes[position...].withUnsafeBytes { rest in
                unsafe write(descriptor, rest.baseAddress, rest.count)
            }
            if count > 0 {
                position += count
            } else if errno != EINTR {
                if position > 0 { isInLine = bytes[position - 1] != UInt8(ascii: "\n") }
                throw AuditFileError(path, "cannot be written", errno)
            }
        }
        isInLine = false
    }

    /// Gives the user a file that root has made.
    func give(to privileges: Privileges) throws(AuditFileError) {
        var facts = stat()
        guard unsafe fstat(descriptor, &facts) == 0, facts.st_uid == 0, facts.st_nlink == 1,
            facts.st_mode & S_IFMT == S_IFREG
        else { return }
        guard fchown(descriptor, privileges.userID, privileges.groupID) == 0 else {
            throw AuditFileError(path, "cannot be given to \(privileges.user)", errno)
        }
    }
}
