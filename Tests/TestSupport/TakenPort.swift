#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// A port of 127.0.0.1 that is taken, for UDP or for TCP, as long as the value lives.
package final class TakenPort: Sendable {
    private let descriptor: Int32
    package let port: UInt16

    package init(_ kind: NetworkSocket.Kind) throws {
        let type = kind == .udp ? SOCK_DGRAM.rawValue : SOCK_STREAM.rawValue
        let descriptor = socket(AF_INET, Int32(type) | Int32(SOCK_CLOEXEC.rawValue), 0)
        self.descriptor = descriptor
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var bytes = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, bytes) | getsockname(descriptor, $0, &bytes)
            }
        }
        port = UInt16(bigEndian: address.sin_port)
        guard result == 0, kind == .udp || listen(descriptor, 1) == 0 else {
            let failure = NetworkSocket.Failure("take a port")
            throw failure
        }
    }

    deinit { close(descriptor) }
}
