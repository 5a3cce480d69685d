internal import CDatagram
internal import DNSResponder
internal import DNSWire
internal import Glibc

/// Sockets that the service manager opened before it started the program.
///
/// With them Rollcall serves port 53 without any privilege. See sd_listen_fds(3).
struct SystemdSockets: Hashable, Sendable {
    /// What a socket is for.
    enum Kind: Hashable, Sendable {
        case dnsOverUDP
        case dnsOverTCP
    }

    /// One open socket.
    struct Inherited: Hashable, Sendable {
        var descriptor: Int32
        var kind: Kind
        /// Where it listens.
        var address: ListenAddress
    }

    var sockets: [Inherited]

    /// The first descriptor that the manager hands over; standard input, output and error come
    /// before.
    private static let firstDescriptor: Int32 = 3
    /// More sockets than this are a mistake.
    private static let socketsMax: Int32 = 256

    /// Reads `LISTEN_FDS` and `LISTEN_PID`, and looks at each descriptor; all sockets serve DNS.
    ///
    /// Throws for a descriptor that is not a bound IP socket: the unit is wrong then.
    init(
        environment: [String: String],
        processID: Int32 = getpid(),
        firstDescriptor: Int32 = firstDescriptor
    ) throws(ConfigurationError) {
        sockets = []
        guard let given = environment["LISTEN_FDS"], !given.isEmpty,
            environment["LISTEN_PID"] == String(processID)
        else { return }
        let place = ConfigurationError.Place.environment(variable: "LISTEN_FDS")
        guard let count = Int32(given), (0...Self.socketsMax).contains(count) else {
            throw ConfigurationError(
                place,
                "expected a number from 0 to \(Self.socketsMax), found \"\(given)\""
            )
        }
        for offset in 0..<count {
            sockets.append(try Self.inspect(firstDescriptor + offset, place: place))
        }
    }

    private static func inspect(
        _ descriptor: Int32,
        place: ConfigurationError.Place
    ) throws(ConfigurationError) -> Inherited {
        var endpoint = datagram_endpoint()
        let isStream = socket_is_stream(descriptor)
        guard isStream >= 0, unsafe socket_local_endpoint(descriptor, &endpoint) >= 0 else {
            throw ConfigurationError(
                place,
                "expected UDP and TCP sockets, but descriptor \(descriptor) is none"
            )
        }
        let octets = unsafe withUnsafeBytes(of: endpoint.address) { unsafe Array($0) }
        guard let address = IPAddress(rdata: octets.prefix(endpoint.family == 4 ? 4 : 16)) else {
            throw ConfigurationError(place, "descriptor \(descriptor) has no IP address")
        }
        return Inherited(
            descriptor: descriptor,
            kind: isStream == 0 ? .dnsOverUDP : .dnsOverTCP,
            address: ListenAddress(address: address, port: endpoint.port)
        )
    }
}
