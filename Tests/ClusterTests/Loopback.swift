import Glibc

/// Sockets of 127.0.0.1 as descriptors, for threads that look after many.
enum Loopback {
    /// A new TCP socket whose sending does not wait for longer than a second.
    static func newSocket() -> Int32 {
        let descriptor = socket(
            AF_INET,
            Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue),
            0
        )
        var on: Int32 = 1
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, 4)
        unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
        var timeout = timeval(tv_sec: 1, tv_usec: 0)
        let bytes = socklen_t(MemoryLayout<timeval>.size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, bytes)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, bytes)
        return descriptor
    }

    /// Listens on a port that is free.
    static func listener(_ port: UInt16) -> Int32 {
        let descriptor = newSocket()
        let isBound = unsafe withAddress(port) { unsafe bind(descriptor, $0, $1) } == 0
        precondition(isBound && listen(descriptor, 64) == 0, "port \(port): \(errno)")
        return descriptor
    }

    /// Connects; negative when nobody listens there.
    static func connection(to port: UInt16) -> Int32 {
        let descriptor = newSocket()
        guard unsafe withAddress(port, { unsafe connect(descriptor, $0, $1) }) != 0 else {
            return descriptor
        }
        close(descriptor)
        return -1
    }

    /// Closes a connection at once, so that the other end sees it.
    static func reset(_ descriptor: Int32) {
        var now = linger(l_onoff: 1, l_linger: 0)
        let bytes = socklen_t(MemoryLayout<linger>.size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, bytes)
        close(descriptor)
    }

    private static func withAddress(
        _ port: UInt16,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = port.bigEndian
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
