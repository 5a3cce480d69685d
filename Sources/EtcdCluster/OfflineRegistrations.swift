internal import Logging
internal import ServiceCatalog
internal import Synchronization

/// What owners said of their instances while this server was cut off.
///
/// Open while it is; closed from the moment on at which it is brought to the others, so that nothing
/// comes between that and its being forgotten here.
final class OfflineRegistrations: Sendable {
    private let journal: (any OfflineJournal)?
    private let logger: Logger
    private let state = Mutex(State())

    private struct State {
        var isOpen = false
        /// Something in the journal could not be read, and must not be forgotten.
        var isDamaged = false
    }

    init(_ journal: (any OfflineJournal)?, logger: Logger) {
        self.journal = journal
        self.logger = logger
    }

    /// True while something is taken.
    var isOpen: Bool { state.withLock { $0.isOpen } }

    /// Opens, and returns what is kept already: of a life before this one.
    @discardableResult
    func open() -> [CatalogChange] {
        state.withLock { state in
            state.isOpen = journal != nil
            return ((try? journal?.all()) ?? []).map(\.change)
        }
    }

    /// Keeps a change on the disk; false when nothing is taken now.
    ///
    /// - Throws: what the file system says; the change is not kept then.
    func take(_ change: CatalogChange, milliseconds: Int64) throws -> Bool {
        try state.withLock { state in
            guard state.isOpen, let journal else { return false }
            try journal.append(change, milliseconds: milliseconds)
            return true
        }
    }

    /// Takes no more, and returns what was taken, in order.
    func close() -> [(change: CatalogChange, milliseconds: Int64)] {
        state.withLock { state in
            state.isOpen = false
            do {
                return try journal?.all() ?? []
            } catch {
                state.isDamaged = true
                logger.error(
                    "what was registered while cut off cannot be read, and stays in the folder",
                    metadata: ["error": "\(error)"]
                )
                return []
            }
        }
    }

    /// How much waits to be brought.
    var count: Int { state.withLock { _ in (try? journal?.all().count) ?? 0 } }

    /// Forgets what the others have now.
    func clear() {
        state.withLock { state in
            guard !state.isDamaged else { return }
            do {
                try journal?.clear()
            } catch {
                logger.error(
                    "what was merged stays in the folder",
                    metadata: ["error": "\(error)"]
                )
            }
        }
    }
}
