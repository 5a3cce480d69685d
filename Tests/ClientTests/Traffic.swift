import TestSupport

/// Requests that go on and on, each on a connection of its own, and who answered them.
final class Traffic: Sendable {
    private let process: ChildProcess

    init(url: String) throws {
        process = try ChildProcess(["python3", "-u", RealClients.script("traffic.py"), url])
    }

    /// One word for each finished request, oldest first: the body, or `error: …`.
    var answers: [String] { process.output.split(separator: "\n").map(String.init) }

    /// What the program printed when it failed.
    var errors: String { process.errors }

    /// Returns when `count` requests that begin from now on are answered by all of `names`, and by
    /// nobody else.
    func settles(on names: Set<String>, count: Int = 40) async throws {
        try await eventually("\(names.sorted()) answer", within: .seconds(20)) {
            guard process.isRunning else { throw Hopeless(description: errors) }
            let latest = answers.suffix(count)
            guard latest.count == count, Set(latest) == names else {
                throw UnexpectedAnswer(description: "\(latest)")
            }
            return true
        }
    }
}
