#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// A connected socket that sends and receives raw bytes, each call with a time-out.
package final class NetworkSocket: Sendable {
    package enum Kind: Hashable, Sendable {
        case udp
        case tcp
    }

    /// What the system said, in words.
    package struct Failure: Error, CustomStringConvertible {
        package let code: Int32
        package let description: String

        init(_ what: String, code: Int32 = errno) {
            self.code = code
            description = "\(what): \(unsafe String(cString: strerror(code)))"
        }

        /// Nothing came in time.
        package var isTimeout: Bool { code == EAGAIN || code == EINPROGRESS }
    }

    private let descriptor: Int32

    /// Connects to a port of 127.0.0.1.
    package init(
        _ kind: Kind,
        port: UInt16,
        timeoutMilliseconds: Int = 5_000,
        receiveBufferBytes: Int32? = nil
    ) throws {
        let type = kind == .udp ? SOCK_DGRAM.rawValue : SOCK_STREAM.rawValue
        descriptor = socket(AF_INET, Int32(type) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure("socket") }
        var timeout = timeval(
            tv_sec: timeoutMilliseconds / 1_000,
            tv_usec: (timeoutMilliseconds % 1_000) * 1_000
        )
        let timeoutBytes = socklen_t(MemoryLayout<timeval>.size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, timeoutBytes)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, timeoutBytes)
        if var bytes = receiveBufferBytes {
            unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, 4)
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            // The value was complete, so `deinit` closes the socket: twice would close another's.
            throw Failure("connect to port \(port)")
        }
    }

    deinit { close(descriptor) }

    /// Sends all of `bytes`.
    package func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes[sent...].withUnsafeBytes {
                unsafe Glibc.send(
                    descriptor,
                    $0.baseAddress,
                    $0.count,
                    Int32(MSG_NOSIGNAL)
                )
            }
            guard count > 0 else { throw Failure("send") }
            sent += count
        }
    }

    /// The next datagram, or the bytes that are there; empty at the end of a stream.
    package func receive(bytesMax: Int = 65_536) throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: bytesMax)
        let count = unsafe buffer.withUnsafeMutableBytes {
            unsafe recv(descriptor, $0.baseAddress, $0.count, 0)
        }
        guard count >= 0 else { throw Failure("receive") }
        return Array(buffer.prefix(count))
    }

    /// True when something to receive comes within so long.
    package func isReadable(within milliseconds: Int) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&entry, 1, Int32(milliseconds)) > 0
    }

    /// Exactly `count` bytes of a stream.
    package func receive(exactly count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let part = try receive(bytesMax: count - bytes.count)
            guard !part.isEmpty else {
                throw Failure("receive: the stream ended", code: ECONNRESET)
            }
            bytes += part
        }
        return bytes
    }

    /// Says that nothing more will be sent.
    package func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }
}

extension NetworkSocket {
    /// A port of 127.0.0.1 that was free a moment ago, for programs that cannot take any free one.
    package static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure("socket") }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var bytes = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, bytes) | getsockname(descriptor, $0, &bytes)
            }
        }
        guard result == 0 else { throw Failure("bind to a free port") }
        return UInt16(bigEndian: address.sin_port)
    }
}
