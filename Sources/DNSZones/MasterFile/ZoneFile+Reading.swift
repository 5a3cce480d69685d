#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

extension ZoneFile {
    /// The bytes of the file at `path`; the error says what the system said.
    static func contents(of path: String) throws(ZoneFileError) -> [UInt8] {
        guard let stream = unsafe fopen(path, "re") else { throw unreadable(path) }
        defer { unsafe fclose(stream) }
        var status = stat()
        guard unsafe fstat(fileno(stream), &status) == 0 else { throw unreadable(path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw ZoneFileError(file: path, line: nil, message: "not a regular file")
        }
        let bytesMax = ZoneFileLimits.fileBytesMax
        guard status.st_size <= bytesMax else {
            let message = "the file has \(status.st_size) bytes, at most \(bytesMax) are allowed"
            throw ZoneFileError(file: path, line: nil, message: message)
        }
        let size = Int(status.st_size)
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = unsafe fread(buffer.baseAddress, 1, size, stream)
        }
        guard unsafe ferror(stream) == 0 else { throw unreadable(path) }
        return bytes
    }

    private static func unreadable(_ path: String) -> ZoneFileError {
        let reason = unsafe String(cString: strerror(errno))
        return ZoneFileError(file: path, line: nil, message: "cannot read the file: \(reason)")
    }
}
