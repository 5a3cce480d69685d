internal import DNSWire
internal import Glibc
internal import NIOCore
internal import NIOSSL

/// Why a probe got no answer that could be judged; the text is part of a check's output.
enum ProbeFailure: Error, Hashable {
    case timedOut(Duration)
    case forbidden(IPAddress)
    case unresolved(host: String, reason: String)
    case refused
    /// Another error of the network, in the system's words.
    case network(String)
    /// This host is out of descriptors, ports or memory.
    case ownFault(String)
    case tls(String)
    /// The connection ended too early.
    case closed
    /// Bytes that are not of the protocol.
    case malformed(String)
    /// The definition itself cannot be used.
    case unusable(String)
    case cancelled
}

extension ProbeFailure: CustomStringConvertible {
    var description: String {
        switch self {
        case .timedOut(let timeout): "no answer within \(timeout.spelled)"
        case .forbidden(let address): "target \(address) is not in health.allowed_networks"
        case .unresolved(let host, let reason): "cannot resolve \"\(host)\": \(reason)"
        case .refused: "connection refused"
        case .network(let text): text
        case .ownFault(let text): "the prober could not ask: \(text)"
        case .tls(let text): "TLS: \(text)"
        case .closed: "connection closed before the answer was complete"
        case .malformed(let text): "malformed answer: \(text)"
        case .unusable(let text): text
        case .cancelled: "the prober is stopping"
        }
    }

    var evidence: ProbeResult.Evidence {
        switch self {
        case .timedOut, .unresolved, .network: .silence
        case .ownFault, .cancelled: .ownFault
        case .forbidden, .refused, .tls, .closed, .malformed, .unusable: .answer
        }
    }

    /// Another address of the host may do better.
    var isOfOneAddress: Bool {
        switch self {
        case .timedOut, .refused, .network, .closed: true
        default: false
        }
    }

    init(_ error: any Error) {
        switch error {
        case let failure as ProbeFailure: self = failure
        case let error as IOError: self = Self.systemFailure(error.errnoCode)
        case ChannelError.connectTimeout(let time):
            self = .timedOut(.nanoseconds(time.nanoseconds))
        case is CancellationError: self = .cancelled
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError:
            self = .tls(Self.words(ofTLS: String(describing: error)))
        case is ChannelError: self = .closed
        default: self = .malformed(String(describing: error))
        }
    }

    private static func systemFailure(_ code: Int32) -> ProbeFailure {
        let text = unsafe String(cString: strerror(code)).lowercased()
        return switch code {
        case ECONNREFUSED: .refused
        case ECONNRESET, EPIPE: .closed
        case EMFILE, ENFILE, ENOBUFS, ENOMEM, EADDRNOTAVAIL, EAGAIN: .ownFault(text)
        default: .network(text)
        }
    }

    /// The reason inside BoringSSL's long texts.
    private static func words(ofTLS text: String) -> String {
        let known = [
            ("CERTIFICATE_VERIFY_FAILED", "the server's certificate is not trusted"),
            ("failedToValidateHostname", "the server's certificate is for another name"),
            ("WRONG_VERSION_NUMBER", "the server does not speak TLS"),
            ("HTTP_REQUEST", "the server does not speak TLS"),
            ("uncleanShutdown", "the connection was cut"),
        ]
        if let words = known.first(where: { text.contains($0.0) })?.1 { return words }
        guard let reason = text.split(separator: ":").first(where: { $0.allCapitals }) else {
            return "the handshake failed"
        }
        return "the handshake failed: "
            + reason.split(separator: " ")[0].lowercased().split(separator: "_")
            .joined(separator: " ")
    }
}

extension Substring {
    fileprivate var allCapitals: Bool {
        guard let word = split(separator: " ").first, word.contains("_") else { return false }
        return word.utf8.allSatisfy {
            (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) || $0 == UInt8(ascii: "_")
        }
    }
}

extension Duration {
    /// `2 s` or `250 ms`.
    fileprivate var spelled: String {
        let milliseconds = nanoseconds / 1_000_000
        return milliseconds % 1_000 == 0 ? "\(milliseconds / 1_000) s" : "\(milliseconds) ms"
    }
}
