internal import DNSWire

/// A record and the place where it was read.
struct SourcedRecord {
    var record: ResourceRecord
    var file: String
    var line: Int
}
