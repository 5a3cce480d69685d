/// What a check of the native API has where its registrant says nothing.
package struct CheckDefaults: Hashable, Sendable {
    package var intervalMilliseconds: Int
    /// Cut to the interval: a probe should have ended when the next one is due.
    package var timeoutMilliseconds: Int
    package var failuresBeforeCritical: Int
    package var successesBeforePassing: Int

    package init(
        intervalMilliseconds: Int = 10_000,
        timeoutMilliseconds: Int = 5_000,
        failuresBeforeCritical: Int = 3,
        successesBeforePassing: Int = 1
    ) {
        self.intervalMilliseconds = intervalMilliseconds
        self.timeoutMilliseconds = timeoutMilliseconds
        self.failuresBeforeCritical = failuresBeforeCritical
        self.successesBeforePassing = successesBeforePassing
    }
}
