/// The two messages of grpc.health.v1 in protobuf's wire format, by hand.
///
/// `HealthCheckRequest` has the string field 1, `service`; `HealthCheckResponse` the enum field 1,
/// `status`. On the wire each is framed by a byte for compression and four for the length.
enum HealthCheckMessage {
    /// `ServingStatus`.
    enum ServingStatus: UInt64 {
        case unknown = 0
        case serving = 1
        case notServing = 2
        case serviceUnknown = 3

        var name: String {
            switch self {
            case .unknown: "UNKNOWN"
            case .serving: "SERVING"
            case .notServing: "NOT_SERVING"
            case .serviceUnknown: "SERVICE_UNKNOWN"
            }
        }
    }

    private static let frameHeaderBytes = 5

    /// A framed request for the health of `service`; empty asks for the server's own.
    static func request(service: String) -> [UInt8] {
        var message: [UInt8] = []
        if !service.isEmpty {
            // Field 1, length-delimited.
            message.append(0x0A)
            message += varint(UInt64(service.utf8.count))
            message += Array(service.utf8)
        }
        let length = UInt32(message.count)
        let prefix = [0] + (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) }
        return prefix + message
    }

    /// The status in a framed response; nil when the bytes are no such message.
    ///
    /// An absent field means 0, unknown fields are skipped.
    static func status(inResponse bytes: [UInt8]) -> ServingStatus? {
        guard bytes.count >= frameHeaderBytes, bytes[0] == 0 else { return nil }
        let length = bytes[1..<frameHeaderBytes].reduce(0) { $0 << 8 | Int($1) }
        guard bytes.count == frameHeaderBytes + length else { return nil }
        var rest = bytes[frameHeaderBytes...]
        var status = ServingStatus.unknown
        while !rest.isEmpty {
            guard let tag = readVarint(&rest) else { return nil }
            switch tag & 7 {
            case 0:
                guard let value = readVarint(&rest) else { return nil }
                if tag >> 3 == 1 { status = ServingStatus(rawValue: value) ?? .unknown }
            case 1:
                guard skip(8, &rest) else { return nil }
            case 2:
                guard let count = readVarint(&rest), skip(count, &rest) else { return nil }
            case 5:
                guard skip(4, &rest) else { return nil }
            default:
                return nil
            }
        }
        return status
    }

    private static func varint(_ value: UInt64) -> [UInt8] {
        var value = value
        var bytes: [UInt8] = []
        while value >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        return bytes + [UInt8(value)]
    }

    private static func readVarint(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = bytes.popFirst() else { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        return nil
    }

    private static func skip(_ count: UInt64, _ bytes: inout ArraySlice<UInt8>) -> Bool {
        guard count <= UInt64(bytes.count) else { return false }
        bytes.removeFirst(Int(count))
        return true
    }
}
