#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// A port of 127.0.0.1 for a program that cannot choose one itself.
package enum FreePort {
    /// A port that is free for UDP and TCP now.
    ///
    /// Below the ports that the system gives to clients, so that none of them takes it while its
    /// program is started again.
    package static func next() throws -> UInt16 {
        for _ in 0..<100 {
            let port = UInt16.random(in: 10_000..<32_768)
            if try bound(SOCK_STREAM.rawValue, port), try bound(SOCK_DGRAM.rawValue, port) {
                return port
            }
        }
        throw UnexpectedAnswer(description: "no port is free for both UDP and TCP")
    }

    /// Binds a socket for a moment; false when the port is taken.
    private static func bound(_ type: UInt32, _ port: UInt16) throws -> Bool {
        let descriptor = socket(AF_INET, Int32(type), 0)
        guard descriptor >= 0 else { throw UnexpectedAnswer(description: "no socket") }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = port.bigEndian
        let bytes = socklen_t(MemoryLayout<sockaddr_in>.size)
        return unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, bytes) == 0
            }
        }
    }
}
