import ServiceCatalog
import Synchronization
import Testing

@Suite("Problems")
struct ProblemsTests {
    private final class Clock: Sendable {
        let milliseconds = Atomic(1_000)
        func advance(by count: Int) { milliseconds.add(count, ordering: .relaxed) }
    }

    private let clock = Clock()
    private let problems: Problems

    init() {
        let clock = clock
        problems = Problems(now: { clock.milliseconds.load(ordering: .relaxed) })
    }

    private func problem(_ code: String, text: String = "t", isFailure: Bool = false) -> Problem {
        Problem(code: code, text: text, remedy: "r", isFailure: isFailure)
    }

    @Test("one that is told again keeps its beginning and takes the new text")
    func again() {
        problems.begin(problem("a", text: "one"))
        clock.advance(by: 500)
        problems.begin(problem("a", text: "two"))
        #expect(problems.current.map(\.text) == ["two"])
        #expect(problems.current.map(\.sinceMilliseconds) == [1_000])
        #expect(problems.takeChanges().count == 1)
    }

    @Test("failures come first, then the oldest")
    func order() {
        problems.begin(problem("b"))
        clock.advance(by: 1)
        problems.begin(problem("a"))
        clock.advance(by: 1)
        #expect(problems.failure == nil)
        problems.begin(problem("c", isFailure: true))
        #expect(problems.current.map(\.code) == ["c", "b", "a"])
        #expect(problems.failure?.code == "c")
    }

    @Test("a beginning and an end are told once each, also when nobody looked in between")
    func changes() {
        problems.begin(problem("a"))
        problems.end("a")
        problems.end("a")
        problems.end("never")
        let changes = problems.takeChanges()
        #expect(changes.count == 2)
        if case .began(let first) = changes[0] { #expect(first.code == "a") }
        if case .ended(let last) = changes[1] { #expect(last.code == "a") }
        #expect(problems.takeChanges().isEmpty)
        #expect(problems.current.isEmpty)
    }

    @Test("what is followed is asked at every look, and begins anew after an end")
    func followed() {
        let isWrong = Clock()
        problems.follow("odd") {
            isWrong.milliseconds.load(ordering: .relaxed).isMultiple(of: 2)
                ? Problem(code: "", text: "even", remedy: "add one") : nil
        }
        #expect(problems.current.map(\.code) == ["odd"])
        isWrong.advance(by: 1)
        clock.advance(by: 7)
        #expect(problems.current.isEmpty)
        isWrong.advance(by: 1)
        #expect(problems.current.map(\.sinceMilliseconds) == [1_007])
        #expect(problems.takeChanges().count == 3)
    }
}
