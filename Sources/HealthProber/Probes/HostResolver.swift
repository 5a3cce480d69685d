internal import DNSWire
internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Finds the addresses of a probe's host.
///
/// Why a cache of seconds: many checks share few names. Why threads of its own: `getaddrinfo`
/// blocks, and a resolver that hangs must not stop other work.
final class HostResolver: Sendable {
    private struct Cached {
        var addresses: [IPAddress]
        var until: ContinuousClock.Instant
    }

    private static let cacheSeconds = 5
    private static let cachedMax = 10_000
    private static let threads: NIOThreadPool = {
        let pool = NIOThreadPool(numberOfThreads: 4)
        pool.start()
        return pool
    }()

    private let cache: Mutex<[String: Cached]> = Mutex([:])

    /// All addresses of `host`, at least one.
    func addresses(
        of host: String,
        on loop: any EventLoop,
        deadline: ProbeDeadline
    ) async throws -> [IPAddress] {
        if let address = IPAddress(host) { return [address] }
        guard !host.isEmpty else { throw ProbeFailure.unusable("the check has no host") }
        if let addresses = cachedAddresses(of: host) { return addresses }
        let now = ContinuousClock.now
        let addresses = try await deadline.value(of: [IPAddress].self, on: loop) { promise in
            promise.completeWith(
                Self.threads.runIfActive(eventLoop: loop) { try Self.lookUp(host) }
            )
        }
        cache.withLock { cache in
            if cache.count >= Self.cachedMax { cache.removeAll() }
            cache[host] = Cached(addresses: addresses, until: now + .seconds(Self.cacheSeconds))
        }
        return addresses
    }

    /// The addresses of `host` if they were looked up in the last seconds.
    func cachedAddresses(of host: String) -> [IPAddress]? {
        guard let cached = cache.withLock({ $0[host] }), cached.until > .now else { return nil }
        return cached.addresses
    }

    private static func lookUp(_ host: String) throws(ProbeFailure) -> [IPAddress] {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = unsafe getaddrinfo(host, nil, &hints, &list)
        guard status == 0 else {
            let reason = unsafe String(cString: gai_strerror(status)).lowercased()
            throw .unresolved(host: host, reason: reason)
        }
        defer { unsafe freeaddrinfo(list) }
        var addresses: [IPAddress] = []
        var next = unsafe list
        while let entry = unsafe next {
            if let address = unsafe address(of: entry.pointee), !addresses.contains(address) {
                addresses.append(address)
            }
            unsafe next = entry.pointee.ai_next
        }
        guard !addresses.isEmpty else { throw .unresolved(host: host, reason: "no address") }
        return addresses
    }

    private static func address(of entry: addrinfo) -> IPAddress? {
        guard let socket = unsafe entry.ai_addr else { return nil }
        switch unsafe entry.ai_family {
        case AF_INET:
            // The address lies four bytes into `sockaddr_in`, whose fields belong to whichever of
            // Glibc and NIO's C modules was compiled first: naming them builds here and fails
            // there.
            let bits = unsafe UnsafeRawPointer(socket).loadUnaligned(
                fromByteOffset: 4,
                as: UInt32.self
            )
            return .v4(UInt32(bigEndian: bits))
        case AF_INET6:
            // The address lies eight bytes into `sockaddr_in6` (RFC 3493 §3.3).
            let bits = unsafe UnsafeRawPointer(socket).loadUnaligned(
                fromByteOffset: 8,
                as: UInt128.self
            )
            return .v6(UInt128(bigEndian: bits))
        default: return nil
        }
    }
}
