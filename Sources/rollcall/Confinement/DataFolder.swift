internal import Foundation
internal import Glibc

/// The data folder of a server that gives root's privileges up: it must be its user's.
struct DataFolder: Sendable {
    let path: String
    let privileges: Privileges

    /// Files of the catalog are called so; a folder with others is not ours to give away.
    private static let filePrefix = "rollcall"

    /// Makes the folder and gives it to the user, before the catalog is opened.
    ///
    /// - Throws: `StartError` when it is somebody else's, or holds what is not the catalog's.
    func prepare() throws(StartError) {
        guard privileges.isChange else { return }
        do {
            try FileManager.default.createDirectory(
                atPath: path,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o750]
            )
        } catch {
            throw StartError("\(path): the data folder cannot be created: \(error)")
        }
        let owner = try facts(of: path).st_uid
        guard owner != privileges.userID else { return }
        let others = try names().filter { !$0.hasPrefix(Self.filePrefix) }
        guard owner == 0, others.isEmpty else {
            throw StartError(
                "\(path): the data folder does not belong to \(privileges.user)"
                    + (others.first.map { " and holds \"\($0)\"" } ?? "")
                    + "; give it away with chown -R \(privileges.user) \(path)"
            )
        }
        try giveAway(path, mode: 0o750)
    }

    /// Gives the user what root has made in the folder, once the catalog is open.
    func giveAwayFiles() throws(StartError) {
        guard privileges.isChange else { return }
        for name in try names() where name.hasPrefix(Self.filePrefix) {
            let file = path + "/" + name
            guard let facts = try? facts(of: file), facts.st_uid == 0,
                facts.st_mode & S_IFMT == S_IFREG
            else { continue }
            try giveAway(file, mode: 0o640)
        }
    }

    /// Fails when the user, who the process is by now, cannot work in the folder.
    func checkAccess() throws(StartError) {
        func check(_ file: String, _ mode: Int32) throws(StartError) {
            guard unsafe access(file, mode) != 0 else { return }
            throw StartError(
                "\(file): the user \(privileges.user) cannot write there:"
                    + " \(SystemMessage.text(errno)); the folders above must let it through"
            )
        }
        try check(path, R_OK | W_OK | X_OK)
        for name in try names() where name.hasPrefix(Self.filePrefix) {
            try check(path + "/" + name, R_OK | W_OK)
        }
    }

    /// Through a descriptor and never along a link: somebody may have put one there.
    private func giveAway(_ file: String, mode: mode_t) throws(StartError) {
        let descriptor = unsafe open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(file) }
        defer { close(descriptor) }
        var facts = stat()
        guard unsafe fstat(descriptor, &facts) == 0 else { throw failure(file) }
        // A second name of a regular file could be one that is not ours.
        guard facts.st_mode & S_IFMT != S_IFREG || facts.st_nlink == 1 else {
            throw StartError("\(file): has another name elsewhere (a hard link); remove one")
        }
        guard fchown(descriptor, privileges.userID, privileges.groupID) == 0,
            fchmod(descriptor, facts.st_mode & mode) == 0
        else { throw failure(file) }
    }

    private func names() throws(StartError) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: path).sorted()
        } catch {
            throw StartError("\(path): the data folder cannot be read: \(error)")
        }
    }

    private func facts(of file: String) throws(StartError) -> stat {
        var facts = stat()
        guard unsafe lstat(file, &facts) == 0 else { throw failure(file) }
        return facts
    }

    private func failure(_ file: String) -> StartError {
        StartError(
            "\(file): cannot be given to the user \(privileges.user): \(SystemMessage.text(errno))"
        )
    }
}
