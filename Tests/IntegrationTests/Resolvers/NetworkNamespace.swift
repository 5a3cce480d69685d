internal import Foundation
internal import TestSupport

/// A network and a view of files of their own, for a program whose port and files are fixed.
///
/// Why: systemd-resolved always listens on 127.0.0.53:53, reads `/etc/systemd`, writes
/// `/run/systemd`, and goes off line when only the loopback interface is up.
struct NetworkNamespace {
    private let holder: ChildProcess
    /// Makes a command run inside.
    let prefix: [String]

    /// - Parameter resolvedConfiguration: becomes `/etc/systemd/resolved.conf.d/rollcall.conf`
    ///   inside.
    init(resolvedConfiguration: String, scratch: ScratchFolder) async throws {
        try scratch.write(resolvedConfiguration, to: "systemd/resolved.conf.d/rollcall.conf")
        // The program changes to this user; here it is the one that the test runs as.
        for (file, line) in [
            ("passwd", "systemd-resolve:x:0:0::/:/usr/sbin/nologin\n"),
            ("group", "systemd-resolve:x:0:\n"),
        ] {
            let own = try String(contentsOf: URL(filePath: "/etc/\(file)"), encoding: .utf8)
            let others = own.split(separator: "\n").filter { !$0.hasPrefix("systemd-resolve:") }
            try scratch.write(others.joined(separator: "\n") + "\n" + line, to: file)
        }
        let script = try scratch.write(
            """
            set -e
            mount -t tmpfs tmpfs /run
            mkdir -p /run/systemd /etc/systemd
            for file in passwd group; do mount --bind "$1/$file" "/etc/$file"; done
            mount --bind "$1/systemd" /etc/systemd
            ip link set lo up
            ip link add outside type veth peer name beyond
            ip link set beyond up
            ip address add 192.0.2.1/24 dev outside
            ip link set outside up
            echo ready
            exec sleep 300

            """,
            to: "namespace.sh"
        )
        // Only root may make a network; others become root in a user namespace of their own.
        let isRoot = getuid() == 0
        let own = ["unshare", "--mount", "--net", "--propagation", "private"]
        let holder = try ChildProcess(
            own + (isRoot ? [] : ["--map-root-user"]) + ["bash", script, scratch.path("")]
        )
        try await eventually("a network namespace is ready") {
            guard holder.isRunning else { throw UnexpectedAnswer(description: holder.errors) }
            return holder.output.contains("ready")
        }
        self.holder = holder
        prefix =
            ["nsenter", "--target", "\(holder.pid)", "--mount", "--net"]
            + (isRoot ? [] : ["--user", "--preserve-credentials"])
    }
}
