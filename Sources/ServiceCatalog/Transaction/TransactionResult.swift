/// What one operation of a transaction read or wrote, at its place in the order.
package enum TransactionResult: Hashable, Sendable {
    /// `showsValue` is false where the client has sent the value itself.
    case keyValue(KeyValueEntry, showsValue: Bool)
    case node(Node)
    case service(ServiceInstance)
    case check(HealthCheck)
}
