/// A condition that did not come true in time; the text is what the test was waiting for.
package struct NotInTime: Error, CustomStringConvertible {
    package let description: String
}

/// Thrown by a condition that will never come true any more, such as when the program has ended.
package struct Hopeless: Error, CustomStringConvertible {
    package let description: String

    package init(description: String) {
        self.description = description
    }
}

/// Waits until `condition` holds, and throws when it does not in time.
///
/// Why no fixed pause: a test waits for what it needs to see, and no longer. An error that
/// `condition` throws counts as "not yet", unless it is `Hopeless`; the last one is told when the
/// time is over.
package func eventually(
    _ what: String,
    within limit: Duration = .seconds(10),
    every pause: Duration = .milliseconds(10),
    _ condition: () async throws -> Bool
) async throws {
    let start = ContinuousClock.now
    var lastError: (any Error)?
    while true {
        do {
            if try await condition() { return }
            lastError = nil
        } catch let error as Hopeless {
            throw error
        } catch {
            lastError = error
        }
        let waited = ContinuousClock.now - start
        guard waited < limit else {
            let cause = lastError.map { "; the last try failed: \($0)" } ?? ""
            throw NotInTime(description: "not within \(limit): \(what)\(cause)")
        }
        try await Task.sleep(for: pause)
    }
}
