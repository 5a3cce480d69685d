import Foundation
import TestSupport
import Testing

@Suite("The systemd unit")
struct ServiceUnitTests {
    private static let path = "Config/systemd/rollcall.service"

    /// What the score of `systemd-analyze security` stands on, as the documentation tells it.
    private static let protections = [
        "NoNewPrivileges=yes", "CapabilityBoundingSet=CAP_NET_BIND_SERVICE", "User=rollcall",
        "ProtectSystem=strict", "ProtectHome=yes", "ProtectClock=yes", "ProtectControlGroups=yes",
        "ProtectHostname=yes", "ProtectKernelLogs=yes", "ProtectKernelModules=yes",
        "ProtectKernelTunables=yes", "ProtectProc=invisible", "ProcSubset=pid",
        "PrivateDevices=yes", "PrivateMounts=yes", "PrivateTmp=yes", "RemoveIPC=yes",
        "LockPersonality=yes", "MemoryDenyWriteExecute=yes", "RestrictNamespaces=yes",
        "RestrictRealtime=yes", "RestrictSUIDSGID=yes", "SystemCallArchitectures=native",
        "SystemCallFilter=@system-service", "SystemCallFilter=~@privileged", "UMask=0077",
    ]

    @Test("it keeps every protection that its score stands on")
    func isProtected() throws {
        let file = Fixtures.repository.appending(path: Self.path)
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        for protection in Self.protections {
            #expect(lines.contains { $0 == protection }, "\(Self.path) lacks \(protection)")
        }
        for key in ["ProtectSystem", "User", "CapabilityBoundingSet", "NoNewPrivileges"] {
            #expect(lines.count { $0.hasPrefix("\(key)=") } == 1, "\(key) is there twice")
        }
    }
}
