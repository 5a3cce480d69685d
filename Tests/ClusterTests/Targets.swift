import Glibc
import Synchronization
import TestSupport

/// Small HTTP servers on one thread, for health checks; a test sets how each of them is.
final class Targets: Sendable {
    enum State: Sendable {
        case well
        /// Takes connections and says nothing.
        case silent
        /// Does not listen.
        case refusing
    }

    private let states: Mutex<[UInt16: State]> = Mutex([:])
    private let asked = Atomic(0)
    private let thread: Mutex<BackgroundThread?> = Mutex(nil)

    init() {
        let started = BackgroundThread { thread in
            var listeners: [UInt16: Int32] = [:]
            while !thread.isStopping { self.step(&listeners) }
            for listener in listeners.values { close(listener) }
        }
        thread.withLock { $0 = started }
    }

    /// Begins one that is well, and returns its port.
    func add() throws -> UInt16 {
        var port = try FreePort.next()
        while states.withLock({ $0[port] }) != nil { port = try FreePort.next() }
        set(port, .well)
        return port
    }

    func set(_ port: UInt16, _ state: State) { states.withLock { $0[port] = state } }

    /// How many requests all together have answered.
    var askedCount: Int { asked.load(ordering: .relaxed) }

    func stop() async throws { try await thread.withLock { $0 }?.stop() }

    private func step(_ listeners: inout [UInt16: Int32]) {
        let states = states.withLock { $0 }
        for (port, state) in states {
            if state == .refusing, let listener = listeners.removeValue(forKey: port) {
                close(listener)
            } else if state != .refusing, listeners[port] == nil {
                listeners[port] = Loopback.listener(port)
            }
        }
        var entries = listeners.filter { states[$0.key] == .well }
            .map { pollfd(fd: $0.value, events: Int16(POLLIN), revents: 0) }
        guard unsafe poll(&entries, nfds_t(entries.count), 20) > 0 else { return }
        for entry in entries where entry.revents != 0 {
            let connection = accept(entry.fd, nil, nil)
            guard connection >= 0 else { continue }
            Self.answer(connection)
            close(connection)
            asked.wrappingAdd(1, ordering: .relaxed)
        }
    }

    private static let reply = Array(
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok".utf8
    )

    private static func answer(_ connection: Int32) {
        var timeout = timeval(tv_sec: 0, tv_usec: 200_000)
        let bytes = socklen_t(MemoryLayout<timeval>.size)
        unsafe setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &timeout, bytes)
        var request = [UInt8](repeating: 0, count: 4_096)
        let count = unsafe request.withUnsafeMutableBytes {
            unsafe recv(connection, $0.baseAddress, $0.count, 0)
        }
        guard count > 0 else { return }
        unsafe reply.withUnsafeBytes {
            _ = unsafe send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
    }
}
