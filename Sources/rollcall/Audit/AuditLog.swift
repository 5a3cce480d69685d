internal import Dispatch
internal import Glibc
internal import Logging
internal import RegistryAPI
internal import Synchronization

/// Writes the record of writes: to a file of its own, or to the program's log.
///
/// Entries wait in a queue of bounded length for one writer, so that neither a slow nor a full disk
/// holds a request up; what finds the queue full, or could not be written, is counted, and a line in
/// its place says how many are missing.
final class AuditLog: AuditTrail {
    /// What came of the entries, for `/metrics` and `/health`.
    struct Figures: Hashable, Sendable {
        var written: UInt64 = 0
        var leftOut: UInt64 = 0
        /// Nil while all is well.
        var problem: String?
    }

    private struct State {
        var waiting: [AuditEntry] = []
        var isWriting = false
        var mustReopen = false
        /// Since the last line.
        var missing: UInt64 = 0
        var figures = Figures()
    }

    /// Some seconds of registrations at full speed: about 30 MB.
    private static let waitingMax = 65_536

    private let state = Mutex(State())
    /// Its file is touched by the writer alone.
    private let file: Mutex<AuditFile?>
    private let logger: Logger
    private let writer = DispatchQueue(label: "rollcall.audit")
    private let now: @Sendable () -> Int

    /// - Parameters:
    ///   - path: nil for the program's log.
    ///   - now: milliseconds since 1970.
    /// - Throws: `StartError` when the file cannot be opened.
    init(path: String?, logger: Logger, now: @escaping @Sendable () -> Int) throws(StartError) {
        var opened: AuditFile?
        if let path {
            do throws(AuditFileError) {
                opened = try AuditFile(path)
            } catch {
                throw StartError("audit_log: \(error)")
            }
        }
        file = Mutex(opened)
        self.logger = logger
        self.now = now
    }

    var figures: Figures { state.withLock { $0.figures } }

    func record(_ entry: AuditEntry) {
        let mustStart = state.withLock { state in
            if state.waiting.count < Self.waitingMax {
                state.waiting.append(entry)
            } else {
                state.missing += 1
                state.figures.leftOut += 1
            }
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if mustStart { writer.async { self.drain() } }
    }

    /// Opens the file again, for a program that has moved the old one away.
    func reopen() {
        let mustStart = state.withLock { state in
            state.mustReopen = true
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if mustStart { writer.async { self.drain() } }
    }

    /// Lets the user of a server that gives root up open the file again.
    func give(to privileges: Privileges) throws(StartError) {
        do throws(AuditFileError) {
            try file.withLock { (file) throws(AuditFileError) in try file?.give(to: privileges) }
        } catch {
            throw StartError("audit_log: \(error)")
        }
    }

    /// Returns when all that waits has been written, or could not be.
    func flush() { writer.sync { drain() } }
}

// MARK: - The writer

extension AuditLog {
    private func drain() {
        while true {
            let (entries, missing, mustReopen) = state.withLock { state in
                let taken = (state.waiting, state.missing, state.mustReopen)
                state.isWriting = !taken.0.isEmpty || taken.1 > 0 || taken.2
                state.waiting = []
                state.missing = 0
                state.mustReopen = false
                return taken
            }
            guard !entries.isEmpty || missing > 0 || mustReopen else { return }
            let problem = write(entries, missing: missing, reopening: mustReopen)
            state.withLock { state in
                state.figures.problem = problem
                guard problem != nil else {
                    state.figures.written += UInt64(entries.count)
                    return
                }
                state.figures.leftOut += UInt64(entries.count)
                state.missing += missing + UInt64(entries.count)
                // The next entry tries again; to go on at once would turn in a circle.
                if state.waiting.isEmpty { state.isWriting = false }
            }
            if problem != nil, state.withLock({ !$0.isWriting }) { return }
        }
    }

    /// Returns why it could not be done.
    private func write(_ entries: [AuditEntry], missing: UInt64, reopening: Bool) -> String? {
        file.withLock { file in
            guard file != nil else {
                for entry in entries { log(entry) }
                if missing > 0 {
                    logger.warning("audit entries left out", metadata: ["count": "\(missing)"])
                }
                return nil
            }
            do throws(AuditFileError) {
                if reopening { try file?.reopen() }
                var bytes: [UInt8] = []
                if missing > 0 { bytes += AuditEntry.leftOut(missing, timeMilliseconds: now()) }
                for entry in entries { bytes += entry.line }
                try file?.append(bytes)
                return nil
            } catch {
                return "\(error)"
            }
        }
    }

    private func log(_ entry: AuditEntry) {
        let line = String(decoding: entry.line.dropLast(), as: UTF8.self)
        logger.notice("audit", metadata: ["entry": "\(line)"])
    }
}
