/// How the responder listens and what it says about itself.
package struct ResponderConfiguration: Sendable {
    /// Each address is served over UDP and TCP.
    package var listen: [ListenAddress]
    /// Threads; each has its own sockets.
    package var workers: Int
    /// The largest UDP reply, and what is advertised by EDNS; 512...4096.
    package var udpPayloadBytesMax: Int
    /// What NSID tells (RFC 5001), at most 128 bytes; empty for none.
    package var nameServerIdentifier: [UInt8]
    /// Sets RA, for forwarders that do not cache answers without it.
    package var setsRecursionAvailable: Bool
    /// TCP connections of all workers together.
    package var tcpConnectionsMax: Int
    /// How long a TCP connection may be without a whole query or a drained reply.
    package var tcpIdleSeconds: Int
    /// Bound sockets that a service manager opened: UDP, and listening TCP.
    package var inherited: [Int32]
    /// Replies that may wait for a forwarder, of all workers together and of one TCP connection.
    package var pendingRepliesMax: Int
    package var pendingRepliesPerConnectionMax: Int
    /// TCP connections of one client: an IPv4 address, or a /64 of IPv6.
    package var tcpConnectionsPerClientMax: Int
    package var protection: ProtectionSettings

    package init(
        listen: [ListenAddress],
        workers: Int = 1,
        udpPayloadBytesMax: Int = 1232,
        nameServerIdentifier: [UInt8] = [],
        setsRecursionAvailable: Bool = false,
        tcpConnectionsMax: Int = 1000,
        tcpIdleSeconds: Int = 10,
        inherited: [Int32] = [],
        pendingRepliesMax: Int = 4096,
        pendingRepliesPerConnectionMax: Int = 32,
        tcpConnectionsPerClientMax: Int = 128,
        protection: ProtectionSettings = ProtectionSettings()
    ) {
        self.listen = listen
        self.workers = workers
        self.udpPayloadBytesMax = udpPayloadBytesMax
        self.nameServerIdentifier = nameServerIdentifier
        self.setsRecursionAvailable = setsRecursionAvailable
        self.tcpConnectionsMax = tcpConnectionsMax
        self.tcpIdleSeconds = tcpIdleSeconds
        self.inherited = inherited
        self.pendingRepliesMax = pendingRepliesMax
        self.pendingRepliesPerConnectionMax = pendingRepliesPerConnectionMax
        self.tcpConnectionsPerClientMax = tcpConnectionsPerClientMax
        self.protection = protection
    }
}
