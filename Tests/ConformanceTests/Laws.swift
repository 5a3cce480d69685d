import DNSWire

/// The laws that every reply to a plain question of class IN obeys, whatever it asks.
struct Laws {
    /// The apexes that the server is authoritative for.
    let apexes: [DomainName]

    /// What the reply breaks, in words; empty when it is right.
    func violations(_ exchange: Exchange) -> [String] {
        header(exchange) + extensions(exchange) + sections(exchange) + negative(exchange)
    }

    private func header(_ exchange: Exchange) -> [String] {
        var broken: [String] = []
        let (query, reply) = (exchange.query.header, exchange.reply.header)
        if reply.id != query.id { broken.append("another id") }
        if !reply.isResponse { broken.append("QR is 0") }
        if reply.opcode != 0 { broken.append("opcode \(reply.opcode)") }
        if reply.recursionDesired != query.recursionDesired { broken.append("RD is not copied") }
        if reply.checkingDisabled != query.checkingDisabled { broken.append("CD is not copied") }
        if reply.recursionAvailable { broken.append("RA is 1") }
        if reply.authenticData { broken.append("AD is 1") }
        // 0x20: the question's bytes come back as they were sent.
        let length = exchange.question.name.wire.count + 4
        let question = exchange.queryBytes[12..<12 + length]
        if exchange.replyBytes.count < 12 + length
            || exchange.replyBytes[12..<12 + length] != question
        {
            broken.append("the question's bytes are not echoed")
        }
        if exchange.replyBytes.count > exchange.replyBytesMax {
            broken.append("\(exchange.replyBytes.count) bytes")
        }
        return broken
    }

    private func extensions(_ exchange: Exchange) -> [String] {
        let (query, reply) = (exchange.query.edns, exchange.reply.edns)
        if (query == nil) != (reply == nil) {
            return ["OPT \(reply == nil ? "missing" : "unasked")"]
        }
        guard let query, let reply else { return [] }
        var broken: [String] = []
        if reply.version != 0 { broken.append("EDNS version \(reply.version)") }
        if reply.udpPayloadBytes != 1232 { broken.append("own size \(reply.udpPayloadBytes)") }
        if reply.dnssecOK != query.dnssecOK { broken.append("DO is not copied") }
        return broken
    }

    private func sections(_ exchange: Exchange) -> [String] {
        var broken: [String] = []
        let reply = exchange.reply
        if isOurs(exchange.question.name) {
            let isReferral = reply.authority.contains { $0.type == .ns } && reply.answer.isEmpty
            if !isReferral, !reply.header.isAuthoritative { broken.append("AA is 0") }
            if ![0, 3, 6].contains(reply.responseCodeValue) {
                broken.append("code \(reply.responseCodeValue)")
            }
        } else if reply.responseCode != .refused {
            broken.append("code \(reply.responseCodeValue) outside of all zones")
        }
        if exchange.isOverTCP, reply.header.isTruncated { broken.append("TC over TCP") }
        let records = reply.answer + reply.authority + reply.additional
        for record in records where record.ttlSeconds == 0 { broken.append("TTL 0: \(record)") }
        for (_, set) in Dictionary(grouping: reply.answer, by: { "\($0.owner) \($0.type)" }) {
            if Set(set.map(\.ttlSeconds)).count > 1 { broken.append("TTLs differ: \(set)") }
            if Set(set).count != set.count { broken.append("a record twice: \(set)") }
        }
        // Each answer record is for the question's name or for what an alias before it leads to.
        var names: Set = [exchange.question.name]
        for record in reply.answer {
            if record.type == .dname { continue }
            if !names.contains(record.owner) { broken.append("unasked answer: \(record)") }
            if record.type == .cname, let name = try? DomainName(wire: record.rdata) {
                names.insert(name)
            } else if record.type != exchange.question.type {
                broken.append("another type: \(record)")
            }
        }
        return broken
    }

    private func negative(_ exchange: Exchange) -> [String] {
        let reply = exchange.reply
        guard exchange.isNegative, !reply.header.isTruncated else { return [] }
        let apex = apexes.filter { exchange.question.name.isSubdomain(of: $0) }
            .max { $0.labelCount < $1.labelCount }
        guard reply.authority.count == 1, let soa = reply.authority.first, soa.type == .soa else {
            return ["no SOA alone in authority: \(reply.authority)"]
        }
        // DS at a zone's apex is the parent's business.
        let owner = exchange.question.type == .ds ? nil : apex
        var broken: [String] = []
        if let owner, soa.owner != owner { broken.append("SOA of \(soa.owner), not of \(owner)") }
        let minimum = soa.rdata.suffix(4).reduce(0) { $0 << 8 | UInt32($1) }
        if soa.ttlSeconds != minimum {
            broken.append("SOA has TTL \(soa.ttlSeconds), MINIMUM is \(minimum)")
        }
        return broken
    }

    private func isOurs(_ name: DomainName) -> Bool {
        apexes.contains { name.isSubdomain(of: $0) }
    }
}
