/// Finds out whether a key's history is linearizable: whether every operation can be given a moment
/// between its question and its answer so that all answers are right one after another.
///
/// The search of Wing and Gong with Lowe's memory of what was tried: G. Lowe, "Testing for
/// linearizability", 2017. Operations of which nobody knows the end may be made at any time after
/// they were asked, or never.
struct LinearizabilityChecker {
    enum Verdict: Equatable {
        case linearizable
        /// The text has the operations around the place that no order gets over.
        case violated(String)
        /// Not found out within the steps that were given.
        case undecided
    }

    /// A question or an answer, in a list by time.
    private struct Event {
        var operation: Int
        var isAnswer: Bool
        var previous: Int
        var next: Int
    }

    /// What was made, and what the key is then.
    private struct Place: Hashable {
        var done: [UInt64]
        /// Of `done`: each operation turns its own bits of it.
        var fingerprint: UInt64 = 0
        var state = KeyState()

        mutating func turn(_ number: Int) {
            done[number / 64] ^= 1 << UInt64(number % 64)
            // SplitMix64 of the number.
            var bits = (UInt64(number) + 1) &* 0x9E37_79B9_7F4A_7C15
            bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
            bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
            fingerprint ^= bits ^ (bits >> 31)
        }

        func hash(into hasher: inout Hasher) { hasher.combine(fingerprint) }

        // The sessions that have ended follow from what was made.
        static func == (one: Place, other: Place) -> Bool {
            one.fingerprint == other.fingerprint && one.state.value == other.state.value
                && one.state.holder == other.state.holder && one.done == other.done
        }
    }

    private let operations: [KeyOperation]
    /// The first one is the list's head.
    private var events: [Event] = []
    /// Where an operation's question and answer are.
    private var questions: [Int] = []
    private var answers: [Int] = []
    private var remaining = 0

    /// - Parameter operations: of one key, in any order.
    init(_ operations: [KeyOperation]) {
        // Whoever does not know what was read learned nothing.
        self.operations = operations.filter { !($0.request == .read && $0.isOpen) }
            .sorted { $0.asked < $1.asked }
        makeList()
    }

    private mutating func makeList() {
        typealias Moment = (time: Int64, operation: Int, isAnswer: Bool)
        var moments: [Moment] = []
        for (number, operation) in operations.enumerated() {
            moments.append((operation.asked, number, false))
            let end = operation.isOpen ? Int64.max : operation.answered ?? .max
            moments.append((end, number, true))
            if !operation.isOpen { remaining += 1 }
        }
        // At the same moment questions come first: that allows more.
        moments.sort { ($0.time, $0.isAnswer ? 1 : 0) < ($1.time, $1.isAnswer ? 1 : 0) }
        questions = Array(repeating: 0, count: operations.count)
        answers = questions
        events = [Event(operation: -1, isAnswer: false, previous: -1, next: 1)]
        for (position, moment) in moments.enumerated() {
            let place = position + 1
            events.append(
                Event(
                    operation: moment.operation,
                    isAnswer: moment.isAnswer,
                    previous: position,
                    next: place == moments.count ? -1 : place + 1
                )
            )
            if moment.isAnswer {
                answers[moment.operation] = place
            } else {
                questions[moment.operation] = place
            }
        }
        if moments.isEmpty { events[0].next = -1 }
    }

    /// Searches.
    mutating func check(stepsMax: Int = 3_000_000) -> Verdict {
        var place = Place(done: Array(repeating: 0, count: (operations.count + 63) / 64))
        var tried: Set<Place> = []
        var order: [(operation: Int, before: KeyState)] = []
        var longest: [Int] = []
        var event = events[0].next
        for _ in 0..<stepsMax {
            if remaining == 0 { return .linearizable }
            if event >= 0, !events[event].isAnswer {
                let operation = events[event].operation
                let before = place.state
                if let state = state(after: operation, before, order.last) {
                    place.state = state
                    place.turn(operation)
                    guard tried.insert(place).inserted else {
                        place.state = before
                        place.turn(operation)
                        event = events[event].next
                        continue
                    }
                    order.append((operation, before))
                    lift(operation)
                    if order.count > longest.count { longest = order.map(\.operation) }
                    event = events[0].next
                } else {
                    event = events[event].next
                }
                continue
            }
            // The answer of one that has no place before it: the last choice was wrong.
            guard let last = order.popLast() else { return .violated(explanation(longest)) }
            place.state = last.before
            place.turn(last.operation)
            putBack(last.operation)
            event = events[questions[last.operation]].next
        }
        return .undecided
    }

    /// What is after an operation; nil when its client would have heard something else, or when
    /// another order is as good.
    ///
    /// One of which nobody knows the end is made only where the next one needs it. Where that one is
    /// as well made before it, it comes later or not at all: no order is lost by that, and their
    /// number no longer doubles with each.
    private func state(
        after number: Int,
        _ before: KeyState,
        _ last: (operation: Int, before: KeyState)?
    ) -> KeyState? {
        var state = before
        guard isRight(number, &state) else { return nil }
        if let last, operations[last.operation].isOpen {
            var other = last.before
            let isRight = isRight(number, &other)
            if isRight, other == last.before || other == state { return nil }
        }
        return state
    }

    private func isRight(_ number: Int, _ state: inout KeyState) -> Bool {
        let before = state
        let outcome = state.apply(operations[number].request)
        // An open one that changes nothing need not be made.
        return operations[number].isOpen
            ? state != before : outcome == operations[number].outcome
    }

    private mutating func lift(_ operation: Int) {
        for place in [questions[operation], answers[operation]] {
            let event = events[place]
            events[event.previous].next = event.next
            if event.next >= 0 { events[event.next].previous = event.previous }
        }
        if !operations[operation].isOpen { remaining -= 1 }
    }

    private mutating func putBack(_ operation: Int) {
        for place in [answers[operation], questions[operation]] {
            let event = events[place]
            events[event.previous].next = place
            if event.next >= 0 { events[event.next].previous = place }
        }
        if !operations[operation].isOpen { remaining += 1 }
    }

    /// The end of the longest order that was found, and what could not follow.
    private func explanation(_ longest: [Int]) -> String {
        let placed = Set(longest)
        let missing = operations.indices.filter { !placed.contains($0) && !operations[$0].isOpen }
        let ordered = longest.suffix(8).map { "  then  \(operations[$0])" }
        let left = missing.prefix(8).map { "  left  \(operations[$0])" }
        return (ordered + left).joined(separator: "\n")
    }
}
