import Testing

/// The judge is judged too: what it calls wrong must be.
@Suite("The soak's model")
struct SoakModelTests {
    private let model = SoakModel()

    /// What it says about an answer with these addresses `seconds` from now.
    private func fault(_ addresses: [String], in seconds: Double) -> String? {
        let instant = ContinuousClock.now + .seconds(seconds)
        return model.fault(in: addresses, of: "web", sent: instant, received: instant)
    }

    @Test("an acknowledged address must be there, one that left must not")
    func comesAndLeaves() {
        model.begin("web", "a")
        #expect(fault([], in: 0) == nil && fault(["a"], in: 0) == nil)
        model.acknowledge("web", "a")
        #expect(fault([], in: 0) != nil && fault(["a"], in: 0) == nil)
        #expect(fault(["a", "a"], in: 0) != nil && fault(["a", "b"], in: 0) != nil)
        model.end("web", "a")
        #expect(fault([], in: 0) == nil && fault(["a"], in: 0) == nil)
        model.acknowledgeEnd("web", "a")
        #expect(fault([], in: 1) == nil && fault(["a"], in: 1) != nil)
    }

    @Test(
        "an end that waits for the server's clock comes later by a pause, asked for before or in it"
    )
    func pauses() {
        for address in ["before", "during"] {
            model.begin("web", address)
            model.acknowledge("web", address)
        }
        model.end("web", "before", within: .seconds(3))
        model.note("paused", delaying: .seconds(5))
        model.end("web", "during", within: .seconds(3))
        #expect(fault(["before", "during"], in: 7) == nil)
        #expect(fault(["before"], in: 9) != nil && fault(["during"], in: 9) != nil)
        #expect(fault([], in: 0) == nil)
    }
}
