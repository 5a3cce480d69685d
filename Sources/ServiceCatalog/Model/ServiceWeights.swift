/// SRV weights by health state.
package struct ServiceWeights: Codable, Hashable, Sendable {
    package var passing: Int
    package var warning: Int

    package init(passing: Int = 1, warning: Int = 1) {
        self.passing = passing
        self.warning = warning
    }
}
