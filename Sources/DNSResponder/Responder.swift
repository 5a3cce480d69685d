internal import CDatagram
internal import Glibc
internal import Synchronization

/// The DNS server: sockets and threads over an answer table.
///
/// What enters: packets, and changes of the table by its writer. What leaves: replies, and
/// counters. It knows nothing of services; it serves the bytes that it was handed.
package final class Responder: Sendable {
    private enum State {
        case bound([WorkerThread])
        case running([WorkerThread])
        case stopped

        var isStopped: Bool { if case .stopped = self { true } else { false } }
    }

    /// Where it listens, with the ports that were chosen for port 0.
    package let boundAddresses: [ListenAddress]
    private let counterRows: [WorkerCounters]
    /// Each UDP socket once; open until the state is `stopped`.
    private let datagramSockets: [Int32]
    private let wakeup: Int32
    private let state: Mutex<State>
    private let board: ProtectionBoard

    /// Opens all sockets; nothing answers before `start`.
    ///
    /// Throws when an address cannot be used or the table has fewer readers than there are workers.
    package init(
        configuration: ResponderConfiguration,
        table: AnswerTable,
        fallback: any QueryFallback,
        forwarder: (any QueryForwarder)? = nil,
        transfers: ZoneTransfers? = nil
    ) throws(ResponderError) {
        let workers = max(configuration.workers, 1)
        let (sockets, addresses) = try SocketBinder.open(configuration, workers: workers)
        let wakeup = wakeup_create()
        guard wakeup >= 0 else { throw ResponderError("no eventfd: \(reason(wakeup))") }
        let board = ProtectionBoard(configuration.protection, workers: workers)
        self.board = board
        let budget = ConnectionBudget(
            total: configuration.tcpConnectionsMax,
            perClient: configuration.tcpConnectionsPerClientMax,
            workers: workers
        )
        let pending = PendingBudget(
            total: configuration.pendingRepliesMax,
            perConnection: configuration.pendingRepliesPerConnectionMax
        )
        var rows: [WorkerCounters] = []
        var threads: [WorkerThread] = []
        do throws(ResponderError) {
            for worker in 0..<workers {
                guard let reader = table.makeReader(), let protection = board.makeReader() else {
                    throw ResponderError("the answer table has fewer readers than \(workers)")
                }
                let mailbox = forwarder == nil && transfers == nil ? nil : try ReplyMailbox()
                let forwarding = forwarder.map {
                    QueryForwarding(forwarder: $0, mailbox: mailbox, budget: pending)
                }
                let counters = WorkerCounters()
                rows.append(counters)
                let server = unsafe QueryServer(
                    reader: reader,
                    hashKey: table.hashKey,
                    settings: ReplySettings(configuration),
                    protection: protection,
                    counters: counters,
                    fallback: fallback,
                    forwarding: forwarding,
                    transfers: transfers.map { TransferHandover($0, mailbox: mailbox) }
                )
                let worker = try Worker(
                    server: server,
                    sockets: sockets[worker],
                    wakeup: wakeup,
                    budget: budget,
                    counters: counters,
                    tcpIdleSeconds: configuration.tcpIdleSeconds
                )
                threads.append(WorkerThread(worker))
            }
        } catch {
            for row in rows { row.deallocate() }
            descriptor_close(wakeup)
            throw error
        }
        // Inherited sockets come in pairs, one for UDP and one for TCP.
        var seen: Set<ListenAddress> = []
        boundAddresses = addresses.filter { seen.insert($0).inserted }
        counterRows = rows
        datagramSockets = Self.distinct(sockets.flatMap(\.datagrams))
        self.wakeup = wakeup
        state = Mutex(.bound(threads))
    }

    /// Each socket once, by whatever descriptors.
    private static func distinct(_ descriptors: [Int32]) -> [Int32] {
        var identities: Set<UInt64> = []
        return descriptors.filter { identities.insert(socket_identity($0)).inserted }
    }

    deinit {
        stop()
        for row in counterRows { row.deallocate() }
        descriptor_close(wakeup)
    }

    /// Starts the threads; later calls do nothing.
    package func start() {
        state.withLock { state in
            guard case .bound(let threads) = state else { return }
            for thread in threads { thread.start() }
            state = .running(threads)
        }
    }

    /// Ends the threads, waits for them and closes all sockets; later calls do nothing.
    package func stop() {
        state.withLock { state in
            if case .running(let threads) = state {
                wakeup_signal(wakeup)
                for thread in threads { thread.join() }
            }
            state = .stopped
        }
    }

    /// Puts other protection in force, without a pause.
    package func replaceProtection(_ settings: ProtectionSettings) { board.replace(settings) }

    package func counters() -> ResponderCounters {
        var sum = ResponderCounters()
        for row in counterRows { sum.add(row) }
        sum.overflowed = state.withLock { state in
            guard !state.isStopped else { return 0 }
            return datagramSockets.reduce(0) { $0 + max(0, Int(socket_overflows($1))) }
        }
        return sum
    }
}

/// A worker and the thread that runs it.
private final class WorkerThread {
    private var worker: Worker?
    private var thread: pthread_t?

    init(_ worker: consuming Worker) {
        self.worker = consume worker
    }

    func start() {
        var thread = pthread_t()
        let box = unsafe Unmanaged.passRetained(self)
        let status = unsafe pthread_create(
            &thread,
            nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                let owner = unsafe Unmanaged<WorkerThread>.fromOpaque(argument).takeRetainedValue()
                owner.run()
                return nil
            },
            box.toOpaque()
        )
        precondition(status == 0, "no thread for a DNS worker: \(reason(-status))")
        self.thread = thread
    }

    private func run() {
        // The worker moves onto this thread's stack, where nothing else can reach it.
        guard var worker = self.worker.take() else { return }
        worker.run()
    }

    func join() {
        guard let thread else { return }
        pthread_join(thread, nil)
        self.thread = nil
    }
}
