package import DNSWire

/// Names that answer alike, such as all forms of a service's name.
///
/// The table keeps one copy of the answers for all of them.
package struct PublishedNames: Hashable, Sendable {
    package var names: [DomainName]
    /// For any other type NODATA.
    package var rrsets: [PublishedRRset]
    /// Attached to each reply from these names when the client speaks EDNS.
    package var note: ExtendedError?

    package init(names: [DomainName], rrsets: [PublishedRRset], note: ExtendedError? = nil) {
        self.names = names
        self.rrsets = rrsets
        self.note = note
    }

    /// The same, name by name.
    package var each: [PublishedName] {
        names.map { PublishedName(name: $0, here: .rrsets(rrsets), note: note) }
    }
}
