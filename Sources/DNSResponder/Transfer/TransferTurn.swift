internal import Synchronization

/// The right to the next message of a transfer; whoever has a message on its way to a client holds
/// it.
///
/// When the client has taken the message the holder says so. It gives the right up by letting go of
/// it, taken or not: so a transfer whose connection is gone ends, wherever the message was then.
package final class TransferTurn: Sendable {
    private let isTaken = Atomic<Bool>(false)
    private let transfer: UInt64
    private let desk: TransferDesk

    init(_ transfer: UInt64, of desk: TransferDesk) {
        self.transfer = transfer
        self.desk = desk
    }

    deinit {
        let isTaken = isTaken.load(ordering: .acquiring)
        desk.post(isTaken ? .goOn(transfer) : .abandon(transfer))
    }

    /// The message has gone out.
    package func messageWasTaken() { isTaken.store(true, ordering: .releasing) }
}

/// What a message of a transfer is beside its bytes.
package struct TransferPart: Sendable {
    /// Nil when the transfer ends with this.
    package let turn: TransferTurn?
    /// No further message follows.
    package let isLast: Bool
    /// There is no message: the transfer cannot go on, and the connection has to end.
    package let isBroken: Bool
}
