internal import Foundation
internal import Logging
internal import ServiceCatalog

/// What the log's thread does: commits groups, applies them, tells those who wait, and folds.
struct LogWriter {
    private let log: StandaloneLog
    /// The position of the next change.
    private var next: UInt64
    private var record = ByteWriter()
    private let encoder = JSONEncoder()
    /// What no fold has taken yet.
    private var unfolded: FoldedRows
    /// True while a fold is under way.
    private var isFolding = false
    /// After a fold that failed.
    private var nextFold = ContinuousClock.now
    /// The journal up to here is in the rows and can be forgotten; nil: it was.
    private var forgettable: UInt64?
    /// The rows have all up to here.
    private var folded: UInt64 = 0
    private var schedule: SnapshotSchedule

    /// Changes in one commit: bounds the time the catalog's lock is held.
    private static let groupMax = 256
    /// Values of keys in one commit: bounds the memory that it takes.
    private static let groupValueBytesMax = 16 << 20
    /// Rows that may gather while others are folded: bounds memory when changes outrun the disk.
    private static let unfoldedMax = 4 * FoldedRows.countMax

    init(_ log: StandaloneLog, position: UInt64) {
        self.log = log
        next = position + 1
        unfolded = log.store?.takeUnfolded() ?? FoldedRows()
        let last = log.snapshots == nil ? nil : log.store?.files.snapshots.files.first
        schedule = SnapshotSchedule(
            log.snapshots,
            last: last,
            journalBytes: log.store?.journalBytes(after: last?.position ?? 0) ?? 0,
            now: .now
        )
        encoder.outputFormatting = .withoutEscapingSlashes
    }

    mutating func run() {
        while true {
            let mustWait = isFolding && unfolded.count >= Self.unfoldedMax
            switch log.nextStep(onlyFolds: mustWait) {
            case .commit(let waiting): commitAll(waiting)
            case .noteFold(let outcome): note(outcome)
            case .noteSnapshot(let outcome): note(outcome)
            case .stop:
                finish()
                return
            }
        }
    }

    private mutating func commitAll(_ waiting: [StandaloneLog.Waiting]) {
        var start = 0
        while start < waiting.count {
            let group = Self.group(of: waiting[start...])
            commit(group)
            start = group.endIndex
            foldIfFull()
            forgetSome()
            takeSnapshotIfDue()
        }
    }

    /// The first ones, at least one, that may share a commit.
    private static func group(
        of waiting: ArraySlice<StandaloneLog.Waiting>
    ) -> ArraySlice<StandaloneLog.Waiting> {
        var bytes = 0
        return waiting.prefix(groupMax).prefix { waiting in
            defer { bytes += waiting.change.valueBytes }
            return bytes < groupValueBytesMax
        }
    }

    private mutating func commit(_ group: ArraySlice<StandaloneLog.Waiting>) {
        let started = ContinuousClock.now
        if let store = log.store {
            do {
                ChangeGroup.begin(&record, count: group.count)
                for waiting in group {
                    try ChangeGroup.add(waiting.change, to: &record, encoder)
                }
                ChangeGroup.seal(&record, at: next)
                try store.append(record.bytes, at: next)
            } catch {
                refuse(group, because: error)
                return
            }
        }
        let committed = ContinuousClock.now
        let results = log.keeper.apply(group.map(\.change), from: next)
        next += UInt64(group.count)
        log.noteCommit(of: group, started: started, committed: committed)
        for (waiting, result) in zip(group, results) {
            waiting.settle(result.mapError { .rejected($0) })
        }
        guard log.store != nil else { return }
        for event in log.takeEvents() { unfolded.add(event) }
        unfolded.cover(changes: group.count, bytes: record.bytes.count, upTo: next - 1)
        schedule.noteCommit(bytes: record.bytes.count)
    }

    private func refuse(_ group: ArraySlice<StandaloneLog.Waiting>, because error: any Error) {
        log.logger.error("changes could not be stored", metadata: ["error": "\(error)"])
        let reason = (error as? CatalogStoreError)?.message ?? "\(error)"
        log.noteFailure(of: group, reason: reason)
        for waiting in group { waiting.settle(.failure(.unavailable(reason: reason))) }
    }
}

// MARK: - Folding

extension LogWriter {
    private mutating func foldIfFull() {
        guard let store = log.store, !isFolding, nextFold <= .now,
            unfolded.isFull(afterChanges: log.foldedChangesMax)
        else { return }
        // The thread that folds gives the memory back, too: that takes milliseconds.
        let rows = unfolded
        unfolded = FoldedRows()
        isFolding = true
        store.startFolding(rows) { [log] outcome in log.foldEnded(outcome) }
    }

    private mutating func note(_ outcome: StandaloneLog.FoldOutcome) {
        isFolding = false
        switch outcome {
        case .folded(let position):
            folded = position
            forgettable = schedule.forgettable(position)
            // The rest goes with the commits that follow, so that none waits for all of it.
            forgetSome()
        case .failed(let rows, let error):
            // The journal still has it all; what changed since then is newer.
            log.logger.warning(
                "the journal could not be folded",
                metadata: ["error": "\(error)"]
            )
            nextFold = .now + .seconds(1)
            var merged = rows
            merged.merge(unfolded)
            unfolded = merged
        }
    }

    private mutating func forgetSome() {
        guard let store = log.store, let position = forgettable else { return }
        do throws(CatalogStoreError) {
            if try !store.forgetSome(upTo: position) { forgettable = nil }
        } catch {
            // The next fold forgets it as well.
            forgettable = nil
            log.logger.warning(
                "the journal could not be shortened",
                metadata: ["error": "\(error)"]
            )
        }
    }

    /// Folds all, when no change comes any more.
    private mutating func finish() {
        while isFolding || schedule.isUnderWay {
            switch log.nextStep(onlyFolds: true) {
            case .noteFold(let outcome): note(outcome)
            case .noteSnapshot(let outcome): note(outcome)
            case .commit, .stop: break
            }
        }
        guard let store = log.store else { return }
        if schedule.isBehind(next - 1) {
            schedule.begin(now: .now)
            log.writeSnapshot(of: log.keeper.snapshot(), position: next - 1)
            if case .noteSnapshot(let outcome) = log.nextStep(onlyFolds: true) { note(outcome) }
        }
        do throws(CatalogStoreError) {
            if !unfolded.isEmpty {
                try store.fold(unfolded)
                folded = unfolded.position
            }
            while try store.forgetSome(upTo: schedule.forgettable(folded)) {}
        } catch {
            // The journal still has it all.
            log.logger.warning("the journal could not be folded", metadata: ["error": "\(error)"])
        }
    }
}

// MARK: - Snapshots

extension LogWriter {
    private mutating func takeSnapshotIfDue() {
        guard schedule.isDue(now: .now) else { return }
        schedule.begin(now: .now)
        // This thread alone changes the catalog, so that this is what the position says.
        let (catalog, position) = (log.keeper.snapshot(), next - 1)
        let thread = Thread { [log] in log.writeSnapshot(of: catalog, position: position) }
        thread.name = "snapshot"
        thread.start()
    }

    private mutating func note(_ outcome: StandaloneLog.SnapshotOutcome) {
        schedule.note(outcome)
        switch outcome {
        case .written(let file, let took):
            log.logger.debug(
                "a snapshot was written",
                metadata: [
                    "file": "\(file.path)", "bytes": "\(file.size)",
                    "seconds": "\(took / .seconds(1))",
                ]
            )
        case .failed(let error):
            log.logger.warning("a snapshot could not be written", metadata: ["error": "\(error)"])
        }
        guard folded > 0 else { return }
        forgettable = schedule.forgettable(folded)
        forgetSome()
    }
}

extension StandaloneLog {
    /// Writes a snapshot and tells the writer.
    func writeSnapshot(of catalog: Catalog, position: UInt64) {
        guard let store else { return }
        let started = ContinuousClock.now
        do {
            let file = try store.files.snapshots.write(
                catalog,
                facts: try store.facts(),
                position: position
            )
            snapshotEnded(.written(file, took: .now - started))
        } catch {
            snapshotEnded(.failed(error))
        }
    }
}
