internal import CDatagram
internal import Glibc

/// The sockets of one worker, closed with the last reference.
final class WorkerSockets: Sendable {
    let datagrams: [Int32]
    let listeners: [Int32]

    init(datagrams: [Int32], listeners: [Int32]) {
        self.datagrams = datagrams
        self.listeners = listeners
    }

    deinit {
        for socket in datagrams + listeners { descriptor_close(socket) }
    }
}

/// Opens the sockets of all workers, or none.
struct SocketBinder {
    private(set) var addresses: [ListenAddress] = []
    private var datagrams: [[Int32]]
    private var listeners: [[Int32]]
    private let workers: Int

    private static let backlog: Int32 = 1024
    /// A free UDP port may be taken for TCP, then the next one is tried.
    private static let freePortAttempts = 32

    init(workers: Int) {
        self.workers = workers
        datagrams = Array(repeating: [], count: workers)
        listeners = Array(repeating: [], count: workers)
    }

    /// Opens everything; on failure nothing stays open but what was inherited.
    static func open(
        _ configuration: ResponderConfiguration,
        workers: Int
    ) throws(ResponderError) -> (sockets: [WorkerSockets], addresses: [ListenAddress]) {
        var binder = SocketBinder(workers: workers)
        do throws(ResponderError) {
            for address in configuration.listen { try binder.bind(address) }
            for socket in configuration.inherited { try binder.inherit(socket) }
        } catch {
            binder.closeAll()
            throw error
        }
        let sockets = (0..<workers).map {
            WorkerSockets(datagrams: binder.datagrams[$0], listeners: binder.listeners[$0])
        }
        return (sockets, binder.addresses)
    }

    private mutating func bind(_ address: ListenAddress) throws(ResponderError) {
        let chosen = try Self.reserve(address)
        guard workers > 1 else {
            datagrams[0].append(chosen.datagrams)
            listeners[0].append(chosen.listener)
            addresses.append(chosen.address)
            return
        }
        // Sockets that share a port can only be opened when none holds it alone.
        descriptor_close(chosen.datagrams)
        descriptor_close(chosen.listener)
        for worker in 0..<workers {
            datagrams[worker].append(try Self.openDatagrams(chosen.address, sharesPort: true))
            listeners[worker].append(try Self.openListener(chosen.address, sharesPort: true))
        }
        addresses.append(chosen.address)
    }

    /// Opens both sockets without sharing, which fails when anybody else has the port, even one who
    /// shares.
    private static func reserve(
        _ address: ListenAddress
    ) throws(ResponderError) -> (address: ListenAddress, datagrams: Int32, listener: Int32) {
        var attempt = 0
        while true {
            attempt += 1
            let socket = try openDatagrams(address, sharesPort: false)
            do throws(ResponderError) {
                let bound = try localAddress(of: socket)
                return (bound, socket, try openListener(bound, sharesPort: false))
            } catch {
                descriptor_close(socket)
                guard address.port == 0, attempt < freePortAttempts else { throw error }
            }
        }
    }

    private mutating func inherit(_ socket: Int32) throws(ResponderError) {
        let status = socket_adopt(socket)
        guard status == 0 else {
            throw ResponderError(
                "inherited descriptor \(socket) is no DNS socket: \(reason(status))"
            )
        }
        let isStream = socket_is_stream(socket) == 1
        addresses.append(try Self.localAddress(of: socket))
        for worker in 0..<workers {
            let own = worker == 0 ? socket : socket_duplicate(socket)
            guard own >= 0 else {
                throw ResponderError("descriptor \(socket) cannot be shared: \(reason(own))")
            }
            if isStream { listeners[worker].append(own) } else { datagrams[worker].append(own) }
        }
    }

    private func closeAll() {
        for socket in datagrams.joined() { descriptor_close(socket) }
        for socket in listeners.joined() { descriptor_close(socket) }
    }

    private static func localAddress(of socket: Int32) throws(ResponderError) -> ListenAddress {
        var endpoint = datagram_endpoint()
        let status = unsafe socket_local_endpoint(socket, &endpoint)
        guard status == 0, let address = ListenAddress(endpoint) else {
            throw ResponderError("descriptor \(socket) has no IP address: \(reason(status))")
        }
        return address
    }

    private static func openDatagrams(
        _ address: ListenAddress,
        sharesPort: Bool
    ) throws(ResponderError) -> Int32 {
        var endpoint = address.endpoint
        let socket = unsafe datagram_open(&endpoint, sharesPort ? 1 : 0)
        guard socket >= 0 else { throw failure(address, "UDP", socket) }
        return socket
    }

    private static func openListener(
        _ address: ListenAddress,
        sharesPort: Bool
    ) throws(ResponderError) -> Int32 {
        var endpoint = address.endpoint
        let socket = unsafe stream_listen(&endpoint, sharesPort ? 1 : 0, backlog)
        guard socket >= 0 else { throw failure(address, "TCP", socket) }
        return socket
    }

    private static func failure(
        _ address: ListenAddress,
        _ transport: String,
        _ status: Int32
    ) -> ResponderError {
        let remedy =
            switch -status {
            case EADDRINUSE: "; another program has this port: stop it or choose another port"
            case EACCES: "; ports below 1024 need CAP_NET_BIND_SERVICE or socket activation"
            case EADDRNOTAVAIL: "; this host has no such address"
            default: ""
            }
        return ResponderError(
            "cannot listen on \(address) over \(transport): \(reason(status))\(remedy)"
        )
    }
}
