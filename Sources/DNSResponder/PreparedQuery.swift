/// A query between parsing and answering.
struct PreparedQuery: ~Copyable {
    var parsed = ParsedQuery()
    var verdict = Verdict.drop
    /// Folded and hashed when the verdict is `accepted`.
    var name: FoldedName

    init(hashKey: HashKey) { name = FoldedName(key: hashKey) }
}
