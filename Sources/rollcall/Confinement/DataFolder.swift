internal import Foundation
internal import Glibc

/// The data folder of a server that gives root's privileges up: it must be its user's.
struct DataFolder: Sendable {
    let path: String
    let privileges: Privileges

    /// Files of the catalog are called so; a folder with others is not ours to give away.
    private static let filePrefix = "rollcall"
    /// Folders beside them: snapshots, and what a start has set aside.
    private static func isFolderOfOurs(_ name: String) -> Bool {
        name == "snapshots" || name == ClusterFolder.name || name.hasPrefix("damaged-")
    }

    /// Folders within folders that are given away: `damaged-…/copy` is the deepest.
    private static let depthMax = 2

    /// Makes the folder and gives it to the user, with what root has left in it, before the catalog
    /// is opened.
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
        if owner != privileges.userID {
            let others = try names().filter {
                !$0.hasPrefix(Self.filePrefix) && !Self.isFolderOfOurs($0)
            }
            guard owner == 0, others.isEmpty else {
                throw StartError(
                    "\(path): the data folder does not belong to \(privileges.user)"
                        + (others.first.map { " and holds \"\($0)\"" } ?? "")
                        + "; give it away with chown -R \(privileges.user) \(path)"
                )
            }
            try giveAway(path, mode: 0o750)
        }
        try giveAwayFiles()
    }

    /// Opens the catalog as the user, so that all of it is the user's.
    ///
    /// - Throws: `StartError`, what `body` throws, or that the user cannot work in the folder.
    func open<Value>(_ body: () throws(StartError) -> Value) throws(StartError) -> Value {
        try privileges.borrow { () throws(StartError) in
            try checkAccess()
            return try body()
        }
    }

    /// Gives the user what root has made in the folder.
    func giveAwayFiles() throws(StartError) {
        guard privileges.isChange else { return }
        for name in try names() where name.hasPrefix(Self.filePrefix) {
            let file = path + "/" + name
            guard let facts = try? facts(of: file), facts.st_uid == 0,
                facts.st_mode & S_IFMT == S_IFREG
            else { continue }
            try giveAway(file, mode: 0o640)
        }
        for name in try names() where Self.isFolderOfOurs(name) {
            let descriptor = unsafe Glibc.open(
                path + "/" + name,
                O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
            )
            guard descriptor >= 0 else { continue }
            defer { close(descriptor) }
            try giveAwayContents(of: descriptor, path + "/" + name, depth: 1)
        }
    }

    /// Gives away a folder and what is in it, if they are root's.
    ///
    /// Everything is reached from `folder` and not by its path, which the user can change meanwhile.
    private func giveAwayContents(
        of folder: Int32,
        _ shownPath: String,
        depth: Int
    ) throws(StartError) {
        for name in Self.names(in: folder) {
            let shown = shownPath + "/" + name
            let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
            let descriptor = unsafe openat(folder, name, flags)
            // A link, or gone meanwhile.
            guard descriptor >= 0 else { continue }
            defer { close(descriptor) }
            var facts = stat()
            guard unsafe fstat(descriptor, &facts) == 0 else { throw failure(shown) }
            if facts.st_mode & S_IFMT == S_IFDIR, depth < Self.depthMax {
                try giveAwayContents(of: descriptor, shown, depth: depth + 1)
            } else if facts.st_mode & S_IFMT == S_IFREG, facts.st_uid == 0 {
                try giveAway(descriptor, shown, mode: 0o640)
            }
        }
        var facts = stat()
        guard unsafe fstat(folder, &facts) == 0 else { throw failure(shownPath) }
        if facts.st_uid == 0 { try giveAway(folder, shownPath, mode: 0o750) }
    }

    private static func names(in folder: Int32) -> [String] {
        let copy = dup(folder)
        guard copy >= 0 else { return [] }
        guard let stream = unsafe fdopendir(copy) else {
            close(copy)
            return []
        }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: entry.pointee.d_name) { name in
                unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) {
                    unsafe String(cString: $0)
                }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Fails when the user, who the process is by now, cannot work in the folder.
    func checkAccess() throws(StartError) {
        func check(_ file: String, _ mode: Int32) throws(StartError) {
            guard unsafe faccessat(AT_FDCWD, file, mode, AT_EACCESS) != 0 else { return }
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
        let descriptor = unsafe Glibc.open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(file) }
        defer { close(descriptor) }
        try giveAway(descriptor, file, mode: mode)
    }

    private func giveAway(
        _ descriptor: Int32,
        _ file: String,
        mode: mode_t
    ) throws(StartError) {
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
