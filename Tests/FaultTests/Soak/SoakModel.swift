import Foundation
import Synchronization

/// What must, may and must not be in an answer at any moment, told by those who make the changes.
///
/// Each address is given out once, so a window of time says all about it. An answer whose query and
/// reply lie on both sides of a change may show either.
final class SoakModel: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// A time in which an address may be in the answer, and the shorter one in which it must.
    struct Window: Sendable {
        /// The request was sent.
        var mayFrom: Instant
        /// The request was acknowledged.
        var mustFrom: Instant?
        /// The request that ends it was sent.
        var mustUntil: Instant?
        /// That request was acknowledged, or its time is over.
        var mayUntil: Instant?
        /// True when the end waits for a clock of the server's, which stands still in a pause.
        var isTimed = false

        func allows(_ sent: Instant, _ received: Instant) -> Bool {
            mayFrom <= received && mayUntil.map { $0 >= sent } ?? true
        }

        func requires(_ sent: Instant, _ received: Instant) -> Bool {
            guard let mustFrom, mustFrom <= sent else { return false }
            return mustUntil.map { $0 >= received } ?? true
        }
    }

    private struct State {
        var services: [String: [String: [Window]]] = [:]
        var addressesGiven = 0
        var history: [String] = []
        /// Faults after which the server's clocks are late, until that is over.
        var delays: [(until: Instant, by: Duration)] = []

        /// By how much what is asked for now may come later.
        mutating func delay(at now: Instant) -> Duration {
            delays.removeAll { $0.until < now }
            return delays.map(\.by).max() ?? .zero
        }
    }

    private let state = Mutex(State())
    let start = ContinuousClock.now

    /// An address that nobody had before.
    func nextAddress() -> String {
        let number = state.withLock { state in
            state.addressesGiven += 1
            return state.addressesGiven
        }
        return "10.\(number >> 16 & 0xFF).\(number >> 8 & 0xFF).\(number & 0xFF)"
    }

    /// Notes that `address` is about to come.
    func begin(_ service: String, _ address: String) {
        change(service, address, "is sent") { $0.append(Window(mayFrom: .now)) }
    }

    /// Notes that it was acknowledged.
    func acknowledge(_ service: String, _ address: String) {
        change(service, address, "is there") { windows in
            guard !windows.isEmpty else { return }
            windows[windows.count - 1].mustFrom = .now
        }
    }

    /// Notes that it may not be there any more from now on.
    ///
    /// - Parameter bound: nil when an acknowledgement follows; else how long it may stay.
    func end(_ service: String, _ address: String, within bound: Duration? = nil) {
        // It may be asked for while the server is stopped.
        let delay = state.withLock { $0.delay(at: .now) }
        change(service, address, bound.map { "leaves within \($0)" } ?? "leaves") { windows in
            guard !windows.isEmpty else { return }
            windows[windows.count - 1].mustUntil = .now
            guard let bound else { return }
            windows[windows.count - 1].mayUntil = .now + bound + delay
            windows[windows.count - 1].isTimed = true
        }
    }

    /// Notes that its end was acknowledged.
    func acknowledgeEnd(_ service: String, _ address: String) {
        change(service, address, "is gone") { windows in
            guard !windows.isEmpty else { return }
            windows[windows.count - 1].mayUntil = .now
            windows[windows.count - 1].isTimed = false
        }
    }

    /// Notes that it must be there only until `end`, as long as nobody renews it.
    func require(_ service: String, _ address: String, until end: Instant) {
        state.withLock { state in
            guard var windows = state.services[service]?[address], !windows.isEmpty else { return }
            windows[windows.count - 1].mustUntil = end
            state.services[service]?[address] = windows
        }
    }

    /// Notes a fault; ends that wait for a clock of the server come later by `delay`.
    func note(_ fault: String, delaying delay: Duration = .zero, since instant: Instant = .now) {
        state.withLock { state in
            Self.remember("fault: \(fault)", &state, since: start)
            guard delay > .zero else { return }
            state.delays.append((instant + delay, delay))
            for (service, addresses) in state.services {
                for (address, windows) in addresses {
                    state.services[service]?[address] = windows.map { window in
                        var window = window
                        if window.isTimed, let end = window.mayUntil, end >= instant {
                            window.mayUntil = end + delay
                        }
                        return window
                    }
                }
            }
        }
    }

    private func change(
        _ service: String,
        _ address: String,
        _ what: String,
        _ body: (inout [Window]) -> Void
    ) {
        state.withLock { state in
            body(&state.services[service, default: [:]][address, default: []])
            Self.remember("\(service) \(address) \(what)", &state, since: start)
        }
    }

    private static func remember(_ line: String, _ state: inout State, since start: Instant) {
        if state.history.count >= 2_000 { state.history.removeFirst(1_000) }
        state.history.append("\(start.duration(to: .now)): \(line)")
    }

    /// What is wrong with these addresses of `service`; nil when nothing is.
    func fault(
        in addresses: [String],
        of service: String,
        sent: Instant,
        received: Instant
    ) -> String? {
        state.withLock { state in
            let known = state.services[service] ?? [:]
            var findings: [String] = []
            if Set(addresses).count != addresses.count { findings.append("an address twice") }
            for address in addresses
            where !(known[address] ?? []).contains(where: { $0.allows(sent, received) }) {
                findings.append("\(address) must not be there")
            }
            let shown = Set(addresses)
            for (address, windows) in known
            where !shown.contains(address)
                && windows.contains(where: { $0.requires(sent, received) })
            {
                findings.append("\(address) is missing")
            }
            guard !findings.isEmpty else { return nil }
            let named = findings.map { "\($0.prefix { $0 != " " }) " }
            let about = state.history.filter { line in
                line.contains("fault:") || named.contains { line.contains($0) }
            }
            return "\(start.duration(to: sent)) to \(start.duration(to: received)): \(service): "
                + findings.joined(separator: ", ")
                + "\n    " + about.suffix(12).joined(separator: "\n    ")
        }
    }

    /// Forgets windows that ended a while ago.
    func prune() {
        let limit = ContinuousClock.now - .seconds(60)
        state.withLock { state in
            for (service, addresses) in state.services {
                state.services[service] = addresses.compactMapValues { windows in
                    let kept = windows.filter { $0.mayUntil.map { $0 > limit } ?? true }
                    return kept.isEmpty ? nil : kept
                }
            }
        }
    }
}
