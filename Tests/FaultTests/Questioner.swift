import DNSWire
import Foundation
import Synchronization
import TestSupport

/// Asks one question over UDP again and again while something is broken.
final class Questioner: Sendable {
    /// What it saw.
    struct Findings: Sendable {
        var answers = 0
        var wrong: [String] = []
        var longestGap = Duration.zero
    }

    private let findings = Mutex(Findings())
    private let thread: Mutex<BackgroundThread?> = Mutex(nil)

    /// - Parameter expected: the addresses that must be in each answer, and no others.
    init(_ server: RollcallProcess, _ name: String, expected: [String]) {
        let port = server.dnsPort
        let started = BackgroundThread { thread in
            self.ask(port, name, expected.sorted(), thread)
        }
        thread.withLock { $0 = started }
    }

    private func ask(
        _ port: UInt16,
        _ name: String,
        _ expected: [String],
        _ thread: BackgroundThread
    ) {
        let client = DNSClient(port: port)
        var last = ContinuousClock.now
        while !thread.isStopping {
            let shown = try? client.addresses(name)
            let now = ContinuousClock.now
            findings.withLock { findings in
                findings.longestGap = max(findings.longestGap, now - last)
                guard let shown else { return }
                findings.answers += 1
                if shown != expected, findings.wrong.count < 5 {
                    findings.wrong.append("\(name): \(shown)")
                }
            }
            if shown != nil { last = now }
            usleep(1_000)
        }
    }

    /// Ends it and says what it saw.
    func stop() async throws -> Findings {
        try await thread.withLock { $0 }?.stop()
        return findings.withLock { $0 }
    }
}
