internal import DNSWire
internal import ServiceCatalog

extension Question {
    /// The question that people write as a name and a type; without a type A, or PTR for an IP
    /// address in place of the name.
    ///
    /// - Throws: `FieldError` about `name` or `type`.
    init(name text: String, type: String?) throws(FieldError) {
        let address = type == nil ? IPAddress(text) : nil
        let name: DomainName
        do {
            name = try address?.reverseName ?? DomainName(text)
        } catch {
            throw FieldError("name", "is not a domain name: \"\(text)\": \(error)")
        }
        guard let type = RecordType(type ?? (address == nil ? "A" : "PTR")) else {
            throw FieldError(
                "type",
                "is not a record type such as A, SRV or TYPE65: \"\(type ?? "")\""
            )
        }
        self.init(name: name, type: type)
    }
}
