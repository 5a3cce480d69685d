internal import CDatagram
internal import DNSWire
internal import Synchronization

/// A reply that is owed to a client: it can be sent from any thread, once.
///
/// It goes out by the worker that took the query: from the same socket, or into the same
/// connection when that is still there. One that is dropped unanswered sends SERVFAIL.
package final class PendingReply: Sendable {
    private let head: ReplyHead
    private let destination: ReplyDestination
    private let mailbox: ReplyMailbox?
    private let budget: PendingBudget
    private let isAnswered = Atomic<Bool>(false)

    /// Takes over one place of `budget`.
    init(
        head: ReplyHead,
        destination: ReplyDestination,
        mailbox: ReplyMailbox?,
        budget: PendingBudget
    ) {
        self.head = head
        self.destination = destination
        self.mailbox = mailbox
        self.budget = budget
    }

    deinit { send(FallbackReply(responseCode: .serverFailure, isAuthoritative: false)) }

    /// Sends `answered`; later calls do nothing.
    package func send(_ answered: FallbackReply) {
        guard !isAnswered.exchange(true, ordering: .relaxed) else { return }
        budget.giveBack()
        let bytes = head.encode(answered)
        let responseCode = answered.responseCode.rawValue
        if case .inProcess(let ticket, let deliver) = destination {
            deliver(LateReply(ticket: ticket, bytes: bytes, responseCode: responseCode))
        } else {
            mailbox?.post(
                ReplyDelivery(
                    destination: destination,
                    bytes: bytes,
                    responseCode: responseCode
                )
            )
        }
    }
}

/// Where a reply goes.
enum ReplyDestination: Sendable {
    /// By the socket that the query came to.
    case datagram(socket: Int32, peer: datagram_peer)
    case stream(StreamToken)
    /// To who asked `InProcessServer` with this ticket.
    case inProcess(ticket: UInt64, deliver: @Sendable (LateReply) -> Void)
}

/// A reply in wire form to a query that `InProcessServer` left for later.
package struct LateReply: Sendable {
    /// The one that the query was served with.
    package let ticket: UInt64
    package let bytes: [UInt8]
    let responseCode: UInt16
    /// Set for a message of a zone transfer, after which others may come by the same ticket.
    package var part: TransferPart?
}

/// A reply in wire form on its way to the worker that sends it.
struct ReplyDelivery: Sendable {
    let destination: ReplyDestination
    let bytes: [UInt8]
    let responseCode: UInt16
    /// Set for a message of a zone transfer.
    var part: TransferPart?

    var isTruncated: Bool { bytes.count > 2 && bytes[2] & 0x02 != 0 }
}

/// How many replies all workers may owe together.
final class PendingBudget: Sendable {
    private let pending = Atomic<Int>(0)
    private let total: Int
    /// How many one TCP connection may wait for.
    let perConnection: Int

    init(total: Int, perConnection: Int) {
        self.total = max(total, 1)
        self.perConnection = max(perConnection, 1)
    }

    func take() -> Bool {
        if pending.add(1, ordering: .relaxed).newValue <= total { return true }
        giveBack()
        return false
    }

    func giveBack() { pending.subtract(1, ordering: .relaxed) }
}
