/// Why the text of rules cannot be used.
package struct AccessRulesError: Error, Hashable, Sendable {
    /// From 1.
    package var line: Int
    /// What was expected, and what stands there.
    package var problem: String

    init(line: Int, _ problem: String) {
        self.line = line
        self.problem = problem
    }
}

extension AccessRulesError: CustomStringConvertible {
    package var description: String { "line \(line): \(problem)" }
}
