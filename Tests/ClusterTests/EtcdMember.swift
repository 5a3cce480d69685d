import Foundation
import TestSupport

/// One member of an etcd of three.
struct EtcdMember: Sendable {
    let number: Int
    let clientPort: UInt16
    let peerPort: UInt16
    let program: RunningProgram

    /// The binary: below `ROLLCALL_PEERS`, by default `.build/peers`; `Tests/run.sh` unpacks it.
    static func binary(_ name: String) throws -> String {
        let given = ProcessInfo.processInfo.environment["ROLLCALL_PEERS"] ?? ""
        let peers =
            given.isEmpty
            ? Fixtures.repository.appending(path: ".build/peers") : URL(filePath: given)
        let path = peers.appending(path: "usr/bin/\(name)").path(percentEncoded: false)
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw UnexpectedAnswer(
                description: "\(path) is missing: Tests/peers.sh etcd-server etcd-client unpacks it"
            )
        }
        return path
    }

    var url: String { "http://127.0.0.1:\(clientPort)" }
    var peerURL: String { "http://127.0.0.1:\(peerPort)" }

    /// Starts it, again on the same data.
    func start(_ all: [EtcdMember], _ scratch: ScratchFolder) throws {
        let folder = try scratch.folder("etcd\(number)")
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder)
        let members = all.map { "e\($0.number)=\($0.peerURL)" }.joined(separator: ",")
        try program.start {
            try ChildProcess([
                try Self.binary("etcd"), "--name", "e\(number)", "--data-dir", folder,
                "--initial-cluster", members, "--initial-cluster-token", scratch.path(""),
                "--listen-client-urls", url, "--advertise-client-urls", url,
                "--listen-peer-urls", peerURL, "--initial-advertise-peer-urls", peerURL,
                "--snapshot-count", "10000",
            ])
        }
    }
}
