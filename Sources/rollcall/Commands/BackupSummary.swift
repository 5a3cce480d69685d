internal import RegistryAPI

/// What is in a backup, for people and scripts.
struct BackupSummary: Encodable {
    var index: UInt64
    var bytes: Int
    var nodes: Int
    var instances: Int
    var checks: Int
    var keys: Int
    var sessions: Int
    var preparedQueries: Int
    var policies: Int
    var tokens: Int

    /// Reads a file and its checksum; what is in it is only counted, which takes no memory.
    ///
    /// - Throws: `CommandFailure` when it is damaged or no backup.
    init(_ file: [UInt8], path: String) throws {
        do throws(SnapshotFile.Damage) {
            let (json, index) = try SnapshotFile.body(of: file)
            self.init(BackupCounts(json), index: index, bytes: file.count)
        } catch {
            throw CommandFailure.wrongUsage("\(path): \(error)")
        }
    }

    private init(_ counts: BackupCounts, index: UInt64, bytes: Int) {
        self.index = index
        self.bytes = bytes
        nodes = counts["nodes"]
        instances = counts["instances"]
        checks = counts["checks"]
        keys = counts["entries"]
        sessions = counts["sessions"]
        preparedQueries = counts["preparedQueries"]
        policies = counts["accessPolicies"]
        tokens = counts["accessTokens"]
    }

    var line: String {
        "index \(index), \(bytes) bytes: \(nodes) nodes, \(instances) instances, \(checks) checks, "
            + "\(keys) keys, \(sessions) sessions, \(preparedQueries) queries, "
            + "\(policies) policies, \(tokens) tokens"
    }

    func printed(asJSON json: Bool) throws -> String {
        json ? try TextOutput.json(self, inOneLine: true) : line
    }
}
