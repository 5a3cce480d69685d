/// Something that is wrong with the server now: shown in `/health`, in metrics and in the log.
package struct Problem: Hashable, Sendable {
    /// Snake case, as in `catalog_not_stored`: what alerts go by.
    package var code: String
    /// What is wrong, for people.
    package var text: String
    /// What a person can do about it.
    package var remedy: String
    /// True when the server cannot do its work: `/health` and `/ready` say 503 then.
    ///
    /// Others leave the server degraded: it answers, and says what is wrong.
    package var isFailure: Bool
    /// True when DNS may tell what is no longer so: answers about the catalog say it.
    package var makesAnswersStale: Bool
    /// What such answers say; nil: the text.
    ///
    /// Strangers read it, so that paths have no place in it.
    package var answerText: String?
    /// When it began, in milliseconds since 1970; set by `Problems`.
    package internal(set) var sinceMilliseconds = 0

    package init(
        code: String,
        text: String,
        remedy: String,
        isFailure: Bool = false,
        makesAnswersStale: Bool = false,
        answerText: String? = nil
    ) {
        self.code = code
        self.text = text
        self.remedy = remedy
        self.isFailure = isFailure
        self.makesAnswersStale = makesAnswersStale
        self.answerText = answerText
    }
}
