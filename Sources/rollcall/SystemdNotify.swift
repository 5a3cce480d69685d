internal import Dispatch
internal import Glibc

/// Tells the service manager what state the program is in, over the socket that `NOTIFY_SOCKET`
/// names.
///
/// Without that variable nothing is sent. See sd_notify(3).
struct SystemdNotify: Sendable {
    /// What the manager may be told.
    enum State: Sendable {
        /// Start-up is over: everything listens.
        case ready
        /// Settings are being loaded again; `ready` follows.
        case reloading
        case stopping
        /// A sign of life, where the manager asked for it.
        case watchdog
        /// A line that `systemctl status` shows.
        case status(String)
    }

    /// A path, or with a leading `@` a name in the abstract space; nil sends nothing.
    private let address: String?
    /// The manager expects a sign of life at least this often; nil when it does not.
    let watchdogInterval: Duration?

    /// Reads `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID`.
    init(environment: [String: String], processID: Int32 = getpid()) {
        let socket = environment["NOTIFY_SOCKET"] ?? ""
        address = socket.hasPrefix("/") || socket.hasPrefix("@") ? socket : nil
        let isForUs = environment["WATCHDOG_PID"].map { $0 == String(processID) } ?? true
        let microseconds = environment["WATCHDOG_USEC"].flatMap { Int64($0) } ?? 0
        watchdogInterval =
            address != nil && isForUs && microseconds > 0 ? .microseconds(microseconds) : nil
    }

    /// Sends `state`; false when there is nobody to tell or the message cannot be sent.
    @discardableResult
    func send(_ state: State) -> Bool {
        guard let address, let bytes = Self.socketAddress(address) else { return false }
        let descriptor = socket(
            AF_UNIX,
            Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue),
            0
        )
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let message = Array(Self.text(of: state).utf8)
        let sent = unsafe bytes.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { return -1 }
            return unsafe sendto(
                descriptor,
                message,
                message.count,
                Int32(MSG_NOSIGNAL),
                base.assumingMemoryBound(to: sockaddr.self),
                socklen_t(raw.count)
            )
        }
        return sent == message.count
    }

    /// The message, lines of `NAME=value`.
    static func text(of state: State) -> String {
        switch state {
        case .ready: return "READY=1"
        case .reloading:
            // Type=notify-reload wants the moment at which the reload began.
            let now = DispatchTime.now().uptimeNanoseconds
            return "RELOADING=1\nMONOTONIC_USEC=\(now / 1000)"
        case .stopping: return "STOPPING=1"
        case .watchdog: return "WATCHDOG=1"
        case .status(let line):
            return "STATUS=" + line.split(whereSeparator: \.isNewline).joined(separator: " ")
        }
    }

    /// The bytes of `sockaddr_un`: family and path, for an abstract name with a zero in place of
    /// `@`.
    private static func socketAddress(_ text: String) -> [UInt8]? {
        var path = Array(text.utf8)
        let isAbstract = path[0] == UInt8(ascii: "@")
        if isAbstract { path[0] = 0 } else { path.append(0) }
        guard path.count <= 108 else { return nil }
        return unsafe withUnsafeBytes(of: sa_family_t(AF_UNIX)) { unsafe Array($0) } + path
    }
}
