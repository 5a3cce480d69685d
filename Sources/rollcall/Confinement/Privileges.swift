internal import CConfinement
internal import Glibc

/// The identity that the server takes on once it has opened its ports.
struct Privileges: Hashable, Sendable {
    var user: String
    var userID: uid_t
    var groupID: gid_t
    /// False where the server was started by that user: there is nothing to give up then.
    var isChange: Bool

    /// Looks up the settings `user` and `group`; nil when they name nobody.
    ///
    /// - Throws: `StartError` for an unknown name, for root, and where only root could do it.
    static func resolve(user: String, group: String) throws(StartError) -> Privileges? {
        guard !user.isEmpty else {
            guard group.isEmpty else {
                throw StartError("group: \"\(group)\" is given without a user; set user too")
            }
            return nil
        }
        let account = try account(user)
        let groupID = group.isEmpty ? account.groupID : try groupID(group)
        guard account.userID != 0 else {
            throw StartError("user: expected a user without privileges, found \"\(user)\"")
        }
        let isRoot = geteuid() == 0
        guard isRoot || geteuid() == account.userID && getegid() == groupID else {
            throw StartError(
                "user: only root may become \"\(user)\"; start the server as root, or leave user"
                    + " and group out"
            )
        }
        return Privileges(
            user: account.name,
            userID: account.userID,
            groupID: groupID,
            isChange: isRoot
        )
    }

    /// Becomes the user, with its groups, in all threads and for good.
    ///
    /// For root this sets the real, effective and saved ids at once, and so takes every capability away (capabilities(7)).
    /// - Throws: `StartError` when a step fails, or could be undone.
    func drop() throws(StartError) {
        guard isChange else { return }
        try Self.check("the groups of \(user)", unsafe initgroups(user, groupID))
        try Self.check("the group of \(user)", setgid(groupID))
        try Self.check("the user \(user)", setuid(userID))
        guard setuid(0) != 0, setgid(0) != 0, seteuid(0) != 0, setegid(0) != 0,
            getuid() == userID, geteuid() == userID, getgid() == groupID, getegid() == groupID
        else {
            throw StartError("the privileges of root could not be given up")
        }
        _ = confinement_keep_own_proc_files()
    }

    /// Does something as the user, in all threads, and is root again afterwards.
    ///
    /// Why: what is made then belongs to the user, and a link that the user has put in its folder
    /// leads root nowhere.
    func borrow<Value>(_ body: () throws(StartError) -> Value) throws(StartError) -> Value {
        guard isChange else { return try body() }
        try Self.check("the groups of \(user)", unsafe initgroups(user, groupID))
        try Self.check("the group of \(user)", setegid(groupID))
        try Self.check("the user \(user)", seteuid(userID))
        let result: Result<Value, StartError>
        do throws(StartError) {
            result = .success(try body())
        } catch {
            result = .failure(error)
        }
        try Self.check("root again", seteuid(0))
        try Self.check("the group of root again", setegid(0))
        return try result.get()
    }

    private static func check(_ what: String, _ result: Int32) throws(StartError) {
        guard result == 0 else {
            throw StartError("cannot take on \(what): \(SystemMessage.text(errno))")
        }
    }
}

// MARK: - Names

extension Privileges {
    private struct Account {
        var name: String
        var userID: uid_t
        var groupID: gid_t
    }

    /// A user by name or number.
    private static func account(_ user: String) throws(StartError) -> Account {
        // Before there are other threads that ask for users.
        let number = uid_t(user)
        guard let entry = unsafe number.map({ unsafe getpwuid($0) }) ?? getpwnam(user) else {
            throw StartError("user: there is no user \"\(user)\" on this system")
        }
        return unsafe Account(
            name: String(cString: entry.pointee.pw_name),
            userID: entry.pointee.pw_uid,
            groupID: entry.pointee.pw_gid
        )
    }

    /// A group by name or number.
    private static func groupID(_ group: String) throws(StartError) -> gid_t {
        if let number = gid_t(group) { return number }
        guard let entry = unsafe getgrnam(group) else {
            throw StartError("group: there is no group \"\(group)\" on this system")
        }
        return unsafe entry.pointee.gr_gid
    }
}
