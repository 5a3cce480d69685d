/// Keeps a record of writes.
package protocol AuditTrail: Sendable {
    /// Takes an entry; must not block and cannot fail.
    func record(_ entry: AuditEntry)
}
