internal import Foundation

/// Makes changes to a folder itself durable.
enum FolderSync {
    /// Puts a file in another's place, which is done or not done after a power cut.
    ///
    /// - Throws: `POSIXError`.
    static func rename(_ path: String, to target: String) throws {
        guard unsafe Foundation.rename(path, target) == 0 else {
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
        }
        synchronize(URL(filePath: target).deletingLastPathComponent().path)
    }

    /// Waits until names in `folder` have reached the disk.
    static func synchronize(_ folder: String) {
        let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}
