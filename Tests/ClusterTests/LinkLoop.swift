import Glibc

/// The work of a `ServerLink`, on its thread: listeners, and pairs of connections.
struct LinkLoop {
    private struct Pair {
        var near: Int32
        var far: Int32
    }

    /// From which port to which.
    let routes: [(from: UInt16, to: UInt16)]
    private var listeners: [Int32] = []
    private var pairs: [Pair] = []
    private var buffer = [UInt8](repeating: 0, count: 65_536)

    init(_ routes: [(from: UInt16, to: UInt16)]) { self.routes = routes }

    /// One step of at most some milliseconds.
    mutating func step(_ state: ServerLink.State) {
        switch state {
        case .stalled:
            listen()
            usleep(10_000)
        case .refusing:
            close()
            usleep(10_000)
        case .passing:
            listen()
            pass()
        }
    }

    /// Closes all, with a reset: nobody waits.
    mutating func close() {
        for pair in pairs { Self.end(pair) }
        for listener in listeners { Glibc.close(listener) }
        pairs = []
        listeners = []
    }

    private mutating func listen() {
        guard listeners.isEmpty else { return }
        listeners = routes.map { Loopback.listener($0.from) }
    }

    private mutating func pass() {
        var entries = listeners.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        for pair in pairs {
            entries.append(pollfd(fd: pair.near, events: Int16(POLLIN), revents: 0))
            entries.append(pollfd(fd: pair.far, events: Int16(POLLIN), revents: 0))
        }
        guard unsafe poll(&entries, nfds_t(entries.count), 20) > 0 else { return }
        var ended: Set<Int> = []
        for position in pairs.indices {
            let pair = pairs[position]
            let first = listeners.count + 2 * position
            if entries[first].revents != 0, !move(from: pair.near, to: pair.far) {
                ended.insert(position)
            }
            if entries[first + 1].revents != 0, !move(from: pair.far, to: pair.near) {
                ended.insert(position)
            }
        }
        for position in ended { Self.end(pairs[position]) }
        pairs = pairs.indices.filter { !ended.contains($0) }.map { pairs[$0] }
        for (position, route) in routes.enumerated() where entries[position].revents != 0 {
            let near = accept(listeners[position], nil, nil)
            guard near >= 0 else { continue }
            let far = Loopback.connection(to: route.to)
            if far >= 0 {
                pairs.append(Pair(near: near, far: far))
            } else {
                Loopback.reset(near)
            }
        }
    }

    /// Moves what is there; false when the connection is over.
    private mutating func move(from source: Int32, to target: Int32) -> Bool {
        let count = unsafe buffer.withUnsafeMutableBytes {
            unsafe recv(source, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT))
        }
        guard count > 0 else { return count < 0 && errno == EAGAIN }
        var sent = 0
        while sent < count {
            let part = unsafe buffer[sent..<count].withUnsafeBytes {
                unsafe send(target, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard part > 0 else { return false }
            sent += part
        }
        return true
    }

    private static func end(_ pair: Pair) {
        Loopback.reset(pair.near)
        Loopback.reset(pair.far)
    }
}
