package import DNSResponder
package import DNSWire

/// A checked master file (RFC 1035 §5): the records of one zone in uncompressed wire form.
///
/// libldns reads the data of each record; what the zone as a whole must obey is checked here, so a
/// value of this type can be served.
package struct ZoneFile: Sendable {
    /// The path as it was given.
    package let path: String
    package let apex: DomainName
    /// The SOA record as the answer table wants it.
    package let soa: PublishedZone
    /// All records, the SOA too, without duplicates; one TTL in each RRset.
    package let records: [ResourceRecord]
    /// Doubtful places, in the order of the file.
    package let warnings: [ZoneFileWarning]

    /// Reads and checks the file at `path`.
    ///
    /// The name of the file gives the first origin: `example.org.zone` starts with `example.org.`.
    package static func load(path: String) throws(ZoneFileError) -> ZoneFile {
        let bytes = try contents(of: path)
        return try parse(bytes, path: path)
    }

    /// Reads and checks `bytes` as if they stood in the file `path`.
    package static func parse(_ bytes: [UInt8], path: String) throws(ZoneFileError) -> ZoneFile {
        var reader = ZoneRecordReader(origin: try origin(of: path))
        try reader.read(bytes, file: path)
        var check = ZoneFileCheck(path: path, records: reader.records, warnings: reader.warnings)
        return try check.run()
    }

    /// Reads and checks `text` as if it stood in the file `path`.
    package static func parse(_ text: String, path: String) throws(ZoneFileError) -> ZoneFile {
        try parse(Array(text.utf8), path: path)
    }

    /// The origin that the name of the file gives.
    static func origin(of path: String) throws(ZoneFileError) -> DomainName {
        var name = path.split(separator: "/").last.map(String.init) ?? path
        if name.hasSuffix(".zone") { name.removeLast(5) }
        if name.isEmpty { name = "." }
        do throws(WireError) {
            return try DomainName(name)
        } catch {
            let message =
                "the file name is no domain name: \(error); "
                + "expected a name such as 'example.org.zone'"
            throw ZoneFileError(file: path, line: nil, message: message)
        }
    }
}
