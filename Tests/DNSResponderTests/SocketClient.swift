import DNSWire
import Glibc
import Testing

@testable import DNSResponder

/// A blocking client socket on loopback with a time-out, so that a silent server fails the test.
final class SocketClient {
    private let descriptor: Int32

    init(to address: ListenAddress, overTCP: Bool) {
        let type = overTCP ? SOCK_STREAM : SOCK_DGRAM
        descriptor = socket(AF_INET, Int32(type.rawValue), 0)
        var timeout = timeval(tv_sec: 30, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, size)
        var target = sockaddr_in()
        target.sin_family = sa_family_t(AF_INET)
        target.sin_port = address.port.bigEndian
        guard case .v4(let value) = address.address else { return }
        target.sin_addr.s_addr = value.bigEndian
        let status = unsafe withUnsafePointer(to: &target) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        precondition(status == 0, "connect failed")
    }

    deinit { close(descriptor) }

    func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe Glibc.send(
                descriptor,
                Array(rest),
                rest.count,
                Int32(MSG_NOSIGNAL)
            )
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Ends the sending side only.
    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Makes the close that follows a reset.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        let size = socklen_t(MemoryLayout<linger>.size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, size)
    }

    /// What one receive returns; empty when the peer closed or nothing came.
    func receive(_ count: Int = 65_536) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let received = unsafe recv(descriptor, &bytes, count, 0)
        return Array(bytes.prefix(max(received, 0)))
    }

    /// One length-prefixed message of a TCP connection; nil when the connection ends before it.
    func receiveMessage() -> [UInt8]? {
        guard let length = receiveExactly(2) else { return nil }
        return receiveExactly(Int(length[0]) << 8 | Int(length[1]))
    }

    private func receiveExactly(_ count: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let more = receive(count - bytes.count)
            if more.isEmpty { return nil }
            bytes += more
        }
        return bytes
    }
}
