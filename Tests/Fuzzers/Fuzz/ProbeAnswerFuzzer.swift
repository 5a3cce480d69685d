@testable import HealthProber

/// What probed services answer: gRPC's health messages.
final class ProbeAnswerFuzzer: Fuzzer {
    init() {}

    func run(_ bytes: [UInt8]) {
        let status = HealthCheckMessage.status(inResponse: bytes)
        expect(status == HealthCheckMessage.status(inResponse: bytes), "one message, two answers")
        _ = HealthCheckMessage.request(service: String(bytes))
    }
}
