/// What must hold of a catalog, whatever broke: finds where it did not.
struct CatalogInvariants {
    let contents: CatalogRecord.Contents
    private let writes: [String: [CatalogRecord.Write]]

    init(_ contents: CatalogRecord.Contents) {
        self.contents = contents
        writes = Dictionary(grouping: contents.writes, by: \.id)
            .mapValues { $0.sorted { $0.asked < $1.asked } }
    }

    // MARK: - The end

    /// What an instance may be in the end: its version, or nil when it is not there.
    ///
    /// The last write that was acknowledged holds. One of which nobody knows the end may be made at
    /// any later time.
    func possibleEnds(of id: String) -> Set<Int?> {
        var ends: Set<Int?> = []
        var last: Int??
        for write in writes[id] ?? [] {
            switch write.outcome {
            case .done: last = .some(write.version)
            case .unknown: ends.insert(write.version)
            }
        }
        ends.insert(last ?? nil)
        return ends
    }

    /// Compares what each server lists in the end: versions by id.
    func wrongEnds(_ lists: [Int: [String: Int]]) -> [String] {
        var wrong: [String] = []
        for (server, list) in lists.sorted(by: { $0.key < $1.key }) {
            for id in contents.instances.keys.sorted() {
                // What was let go leaves by itself.
                guard contents.instances[id]?.mayLeave == nil else { continue }
                let possible = possibleEnds(of: id)
                guard !possible.contains(list[id]) else { continue }
                wrong.append(
                    "node-\(server) has \(id) in version \(Self.text(list[id])), possible are "
                        + possible.map(Self.text).sorted().joined(separator: ", ")
                        + "\(history(of: id))"
                )
            }
            for id in list.keys.sorted() where contents.instances[id] == nil {
                wrong.append("node-\(server) has \(id), which nobody registered")
            }
        }
        return wrong
    }

    private static func text(_ version: Int?) -> String { version.map { "\($0)" } ?? "none" }

    private func history(of id: String) -> String {
        (writes[id] ?? []).suffix(4).map {
            """
            \n    \(Double($0.asked) / 1e9)…\(Double($0.answered) / 1e9) node-\($0.server) \
            \(Self.text($0.version)): \($0.outcome)
            """
        }.joined()
    }

    // MARK: - DNS on the way

    /// Answers that lacked a healthy instance although their server knew of it, and those that had
    /// one whose end their server had acknowledged.
    func wrongAnswers() -> [String] {
        var wrong: [String] = []
        let answers = Dictionary(grouping: contents.answers) { "\($0.server) \($0.service)" }
            .mapValues { $0.sorted { $0.asked < $1.asked } }
        let servers = Set(contents.answers.map(\.server)).sorted()
        for (id, instance) in contents.instances.sorted(by: { $0.key < $1.key }) {
            for server in servers {
                let own = answers["\(server) \(instance.service)"] ?? []
                for answer in missing(id, instance, at: server, in: own)
                    + ghosts(id, instance, at: server, in: own)
                {
                    let word = answer.ports.contains(instance.port) ? "still has" : "lacks"
                    wrong.append(
                        "node-\(server) at \(Double(answer.asked) / 1e9) \(word) \(id)"
                            + history(of: id)
                    )
                }
            }
        }
        return wrong
    }

    /// From when to when an instance is surely registered and healthy, as nobody's doing ends it.
    private func spans(
        of id: String,
        _ instance: CatalogRecord.Instance
    ) -> [(from: Int64, to: Int64)] {
        var spans: [(from: Int64, to: Int64)] = []
        var from: Int64?
        for write in writes[id] ?? [] {
            if write.version != nil {
                if write.outcome == .done, from == nil { from = write.answered }
                continue
            }
            if let from { spans.append((from, write.asked)) }
            from = nil
            // It may come later, whatever is registered then.
            if write.outcome == .unknown { return spans }
        }
        if let from { spans.append((from, .max)) }
        let end = instance.mayLeave ?? .max
        return spans.map { ($0.from, min($0.to, end)) }.filter { $0.from < $0.to }
    }

    private func missing(
        _ id: String,
        _ instance: CatalogRecord.Instance,
        at server: Int,
        in answers: [CatalogRecord.Answer]
    ) -> [CatalogRecord.Answer] {
        spans(of: id, instance).flatMap { span in
            let acknowledged = (writes[id] ?? []).first {
                $0.server == server && $0.outcome == .done && $0.version != nil
                    && $0.answered >= span.from && $0.asked < span.to
            }
            let seen = answers.first {
                $0.ports.contains(instance.port) && $0.answered >= span.from
                    && $0.answered < span.to
            }
            guard let learned = [acknowledged?.answered, seen?.answered].compactMap({ $0 }).min()
            else { return [CatalogRecord.Answer]() }
            return answers.filter {
                $0.asked > learned && $0.answered < span.to && !$0.ports.contains(instance.port)
            }
        }
    }

    private func ghosts(
        _ id: String,
        _ instance: CatalogRecord.Instance,
        at server: Int,
        in answers: [CatalogRecord.Answer]
    ) -> [CatalogRecord.Answer] {
        let writes = writes[id] ?? []
        // A registration of which nobody knows the end may come after.
        guard !writes.contains(where: { $0.version != nil && $0.outcome == .unknown }) else {
            return []
        }
        return writes.filter {
            $0.version == nil && $0.outcome == .done && $0.server == server
        }.flatMap { end in
            let again = writes.first { $0.asked > end.answered && $0.version != nil }?.asked
            return answers.filter {
                $0.asked > end.answered && $0.answered < again ?? .max
                    && $0.ports.contains(instance.port)
            }
        }
    }
}
