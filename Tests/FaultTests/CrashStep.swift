/// One request of a `CrashWriter`, and what it does to which places.
struct CrashStep: Sendable {
    /// What a place holds: nil when the thing is gone.
    typealias Value = String?

    /// What the reply has to be.
    enum Outcome {
        case done
        /// A condition that does not hold: the body `false`.
        case conditionFails
        /// A transaction of which one part cannot be done.
        case conflict
    }

    var method: String
    var path: String
    var body: String?
    /// All of them happen or none, unless `isWhole` is false.
    var effects: [String: Value]
    var isWhole = true
    var outcome = Outcome.done
    /// The place of a thing whose id the reply tells.
    var made: String?

    init(_ method: String, _ path: String, _ body: String? = nil, _ effects: [String: Value]) {
        self.method = method
        self.path = path
        self.body = body
        self.effects = effects
    }

    func outcome(_ outcome: Outcome) -> CrashStep {
        var step = self
        step.outcome = outcome
        return step
    }

    func making(_ place: String) -> CrashStep {
        var step = self
        step.made = place
        return step
    }

    func lineByLine() -> CrashStep {
        var step = self
        step.isWhole = false
        return step
    }
}
