import Foundation
import TestSupport
import Testing

@Suite("The checker of histories")
struct LinearizabilityCheckerTests {
    private static func operation(
        _ request: KeyOperation.Request,
        _ outcome: KeyOperation.Outcome,
        _ asked: Int64,
        _ answered: Int64
    ) -> KeyOperation {
        KeyOperation(
            client: 0,
            key: "k",
            request: request,
            outcome: outcome,
            asked: asked,
            answered: outcome == .unknown ? nil : answered
        )
    }

    private static func found(_ value: String?, by holder: String? = nil) -> KeyOperation.Outcome {
        .found(value: value, holder: holder)
    }

    private func isLinearizable(_ operations: [KeyOperation]) -> Bool {
        var checker = LinearizabilityChecker(operations.shuffled())
        return checker.check() == .linearizable
    }

    @Test("a history of one after another is right")
    func sequential() {
        #expect(isLinearizable([]))
        #expect(
            isLinearizable([
                Self.operation(.read, Self.found(nil), 1, 2),
                Self.operation(.compareAndSet(expected: nil, new: "a"), .yes, 3, 4),
                Self.operation(.compareAndSet(expected: nil, new: "b"), .no, 5, 6),
                Self.operation(.read, Self.found("a"), 7, 8),
                Self.operation(.compareAndDelete(expected: "b"), .no, 9, 10),
                Self.operation(.compareAndDelete(expected: "a"), .yes, 11, 12),
                Self.operation(.read, Self.found(nil), 13, 14),
            ])
        )
    }

    @Test("reads at the same time as a write may see either, but not one after the other")
    func concurrentReads() {
        let writes = [
            Self.operation(.write("a"), .yes, 1, 2), Self.operation(.write("b"), .yes, 3, 10),
        ]
        #expect(
            isLinearizable(
                writes + [
                    Self.operation(.read, Self.found("a"), 4, 5),
                    Self.operation(.read, Self.found("b"), 6, 7),
                ]
            )
        )
        #expect(
            !isLinearizable(
                writes + [
                    Self.operation(.read, Self.found("b"), 4, 5),
                    Self.operation(.read, Self.found("a"), 6, 7),
                ]
            )
        )
    }

    @Test("a read of an old value after a newer one was acknowledged is found")
    func staleRead() {
        #expect(
            !isLinearizable([
                Self.operation(.write("a"), .yes, 1, 2),
                Self.operation(.write("b"), .yes, 3, 4),
                Self.operation(.read, Self.found("a"), 5, 6),
            ])
        )
    }

    @Test("a write that was acknowledged and lost is found")
    func lostWrite() {
        #expect(
            !isLinearizable([
                Self.operation(.write("a"), .yes, 1, 2),
                Self.operation(.compareAndSet(expected: "a", new: "b"), .yes, 3, 4),
                Self.operation(.compareAndSet(expected: "a", new: "c"), .yes, 5, 6),
            ])
        )
        #expect(
            !isLinearizable([
                Self.operation(.write("a"), .yes, 1, 2),
                Self.operation(.read, Self.found(nil), 3, 4),
            ])
        )
    }

    @Test("what nobody knows the end of may come late or never, but not twice and not before")
    func openOperations() {
        let open = Self.operation(.write("a"), .unknown, 3, 0)
        let first = Self.operation(.write("b"), .yes, 1, 2)
        #expect(
            isLinearizable([
                open, first, Self.operation(.read, Self.found("b"), 4, 5),
                Self.operation(.read, Self.found("a"), 100, 101),
            ])
        )
        #expect(isLinearizable([open, first, Self.operation(.read, Self.found("b"), 4, 5)]))
        #expect(
            !isLinearizable([
                open, first, Self.operation(.read, Self.found("a"), 4, 5),
                Self.operation(.write("c"), .yes, 6, 7),
                Self.operation(.read, Self.found("a"), 8, 9),
            ])
        )
        #expect(
            !isLinearizable([open, Self.operation(.read, Self.found("a"), 1, 2)])
        )
    }

    @Test("a write that was refused and shows nevertheless is found")
    func refusedWrite() {
        // What was refused is not in the history at all.
        #expect(
            !isLinearizable([
                Self.operation(.write("a"), .yes, 1, 2),
                Self.operation(.read, Self.found("refused"), 3, 4),
            ])
        )
    }

    @Test("two holders of a lock at the same time are found")
    func twoHolders() {
        let first = Self.operation(.acquire(session: "s", value: "1"), .yes, 1, 2)
        #expect(
            !isLinearizable([first, Self.operation(.acquire(session: "t", value: "2"), .yes, 3, 4)])
        )
        #expect(
            isLinearizable([
                first, Self.operation(.acquire(session: "t", value: "2"), .no, 3, 4),
                Self.operation(.read, Self.found("1", by: "s"), 5, 6),
                Self.operation(.release(session: "t", value: "3"), .no, 7, 8),
                Self.operation(.release(session: "s", value: "4"), .yes, 9, 10),
                Self.operation(.acquire(session: "t", value: "5"), .yes, 11, 12),
                Self.operation(.endSession("t"), .yes, 13, 14),
                Self.operation(.read, Self.found("5"), 15, 16),
                Self.operation(.acquire(session: "t", value: "6"), .invalidSession, 17, 18),
            ])
        )
        #expect(
            !isLinearizable([
                first, Self.operation(.endSession("s"), .yes, 3, 4),
                Self.operation(.read, Self.found("1", by: "s"), 5, 6),
            ])
        )
    }

    @Test("of long histories of many clients the right ones pass and one planted error is found")
    func longHistories() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<20 {
            #expect(isLinearizable(Self.simulated(operations: 300, clients: 6, &generator)))
            var planted = Self.simulated(operations: 60, clients: 4, &generator)
            #expect(isLinearizable(planted))
            // An old value is read long after: nobody wrote it again.
            planted.append(Self.operation(.read, Self.found("w0"), 1_000_000, 1_000_001))
            #expect(!isLinearizable(planted))
        }
    }

    /// A history as a right server gives it: each operation is made at a moment of its time.
    private static func simulated(
        operations count: Int,
        clients: Int,
        _ generator: inout SystemRandomNumberGenerator
    ) -> [KeyOperation] {
        var state = KeyState()
        var free = Array(repeating: Int64(0), count: clients)
        var history: [KeyOperation] = [operation(.write("w0"), .yes, -3, -2)]
        history.append(operation(.write("w1"), .yes, -1, 0))
        state.value = "w1"
        for number in 2..<count {
            let made = Int64(number) * 10
            let waiting = free.indices.filter { free[$0] < made }
            guard let client = waiting.randomElement(using: &generator) else { continue }
            let request: KeyOperation.Request
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: request = .write("w\(number)")
            case 1: request = .compareAndSet(expected: state.value, new: "w\(number)")
            case 2: request = .delete
            default: request = .read
            }
            var outcome = state.apply(request)
            if Int.random(in: 0..<20, using: &generator) == 0 { outcome = .unknown }
            let asked = max(free[client] + 1, made - .random(in: 0..<40, using: &generator))
            let answered = made + .random(in: 0..<40, using: &generator)
            free[client] = outcome == .unknown ? asked : answered
            var new = operation(request, outcome, asked, answered)
            new.client = client
            history.append(new)
        }
        return history
    }
}
