import DNSWire

extension [ResourceRecord] {
    /// The records in lower case: compression may spell names in the data as another place does.
    var folded: [ResourceRecord] {
        map { record in
            var record = record
            record.rdata = record.rdata.map(DomainName.fold)
            return record
        }
    }
}
