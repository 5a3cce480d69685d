internal import DNSWire
internal import Glibc

/// The thread that makes the messages of all transfers, one of each in turn.
///
/// One thread for all: whole zones take no more than one processor from the answers. It makes the
/// next message of a transfer when the client has taken the last, so that a slow client costs one
/// message of memory.
final class TransferThread {
    private let desk: TransferDesk
    private var poller: Poller?
    private var transfers: [UInt64: RunningTransfer] = [:]
    private var nextID: UInt64 = 0

    /// A transfer in its course.
    private struct RunningTransfer {
        let request: TransferRequest
        var messages: TransferMessages
        var report: TransferReport
        let start: ContinuousClock.Instant
        var isAtEnd = false
    }

    private init(_ desk: TransferDesk, _ poller: consuming Poller) {
        self.desk = desk
        self.poller = consume poller
    }

    /// Starts a thread that works for `desk` until it is told to stop.
    static func start(for desk: TransferDesk) throws(ResponderError) {
        let poller = try Poller.open()
        try poller.watch(desk.wakeup, as: .wakeup)
        let box = unsafe Unmanaged.passRetained(TransferThread(desk, poller))
        var thread = pthread_t()
        let status = unsafe pthread_create(
            &thread,
            nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                let owner = unsafe Unmanaged<TransferThread>.fromOpaque(argument)
                    .takeRetainedValue()
                owner.run()
                return nil
            },
            box.toOpaque()
        )
        guard status == 0 else {
            unsafe box.release()
            throw ResponderError("no thread for zone transfers: \(reason(-status))")
        }
        pthread_detach(thread)
    }

    private func run() {
        guard let poller = poller.take() else { return }
        while true {
            _ = poller.wait(milliseconds: -1)
            for event in desk.takeAll() {
                switch event {
                case .begin(let request): begin(request)
                case .goOn(let id): goOn(id)
                case .abandon(let id): end(id, .aborted)
                case .tell(let report): desk.tell(report, isCounted: true)
                case .stop: return
                }
            }
        }
    }

    private func begin(_ request: TransferRequest) {
        guard let contents = desk.source.contents(ofZone: request.zone) else {
            // It was served a moment ago.
            let none = FallbackReply(responseCode: .notAuthoritative, isAuthoritative: false)
            let part = TransferPart(turn: nil, isLast: true, isBroken: false)
            request.send(request.head.encode(none), .notAuthoritative, part)
            return desk.giveBackPlace()
        }
        let soa = contents.startOfAuthority
        let serial = Self.serial(of: soa)
        nextID += 1
        var transfer = RunningTransfer(
            request: request,
            messages: TransferMessages(contents, head: request.head),
            report: TransferReport(
                result: .completed,
                zone: request.zone,
                client: request.client,
                serial: serial
            ),
            start: .now
        )
        if let known = request.knownSerial, !Self.isNewer(serial, than: known) {
            transfer.report.result = .upToDate
            let one = FallbackReply(responseCode: .noError, answer: [soa])
            let bytes = request.head.encode(one)
            return send(bytes, records: 1, isLast: true, nextID, &transfer)
        }
        goOn(nextID, transfer)
    }

    private func goOn(_ id: UInt64) {
        guard let transfer = transfers.removeValue(forKey: id) else { return }
        if transfer.isAtEnd { return finish(transfer, transfer.report.result) }
        goOn(id, transfer)
    }

    private func goOn(_ id: UInt64, _ transfer: RunningTransfer) {
        var transfer = transfer
        guard let part = transfer.messages.next() else {
            let broken = TransferPart(turn: nil, isLast: true, isBroken: true)
            transfer.request.send([], .serverFailure, broken)
            return finish(transfer, .failed)
        }
        send(part.bytes, records: part.records, isLast: part.isLast, id, &transfer)
    }

    private func send(
        _ bytes: [UInt8],
        records: Int,
        isLast: Bool,
        _ id: UInt64,
        _ transfer: inout RunningTransfer
    ) {
        transfer.report.messages += 1
        transfer.report.records += records
        transfer.report.bytes += bytes.count
        transfer.isAtEnd = isLast
        transfers[id] = transfer
        let turn = TransferTurn(id, of: desk)
        transfer.request.send(
            bytes,
            .noError,
            TransferPart(turn: turn, isLast: isLast, isBroken: false)
        )
    }

    private func end(_ id: UInt64, _ result: TransferReport.Result) {
        guard let transfer = transfers.removeValue(forKey: id) else { return }
        finish(transfer, result)
    }

    private func finish(_ transfer: RunningTransfer, _ result: TransferReport.Result) {
        var report = transfer.report
        report.result = result
        report.duration = .now - transfer.start
        desk.giveBackPlace()
        desk.tell(report)
    }

    /// The serial of uncompressed SOA rdata, which ends in five numbers (RFC 1035 §3.3.13).
    private static func serial(of soa: ResourceRecord) -> UInt32 {
        soa.rdata.suffix(20).prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    }

    /// Serials count in a circle (RFC 1982 §3.2).
    private static func isNewer(_ serial: UInt32, than known: UInt32) -> Bool {
        Int32(bitPattern: serial &- known) > 0
    }
}
