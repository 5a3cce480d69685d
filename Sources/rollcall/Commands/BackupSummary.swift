internal import RegistryAPI
internal import ServiceCatalog

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

    /// Reads a file and its checksum.
    ///
    /// - Throws: `CommandFailure` when it is damaged or no backup.
    init(_ file: [UInt8], path: String) throws {
        do throws(SnapshotFile.Damage) {
            let (contents, index) = try SnapshotFile.readAll(file)
            self.init(contents, index: index, bytes: file.count)
        } catch {
            throw CommandFailure.wrongUsage("\(path): \(error)")
        }
    }

    private init(_ contents: CatalogContents, index: UInt64, bytes: Int) {
        self.index = index
        self.bytes = bytes
        nodes = contents.nodes.count
        instances = contents.instances.count
        checks = contents.checks.count
        keys = contents.entries.count
        sessions = contents.sessions.count
        preparedQueries = contents.preparedQueries.count
        policies = contents.accessPolicies.count
        tokens = contents.accessTokens.count
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
