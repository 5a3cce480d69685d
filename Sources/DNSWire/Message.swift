/// A whole message as values, for the rare query, tests and clients.
package struct Message: Hashable, Sendable {
    package var header: Header
    package var questions: [Question]
    package var answer: [ResourceRecord]
    package var authority: [ResourceRecord]
    package var additional: [ResourceRecord]
    package var edns: EDNS?

    package init(
        header: Header,
        questions: [Question] = [],
        answer: [ResourceRecord] = [],
        authority: [ResourceRecord] = [],
        additional: [ResourceRecord] = [],
        edns: EDNS? = nil
    ) {
        self.header = header
        self.questions = questions
        self.answer = answer
        self.authority = authority
        self.additional = additional
        self.edns = edns
    }

    /// A query for one name and type.
    package static func query(
        id: UInt16,
        name: DomainName,
        type: RecordType,
        edns: EDNS? = nil
    ) -> Message {
        Message(
            header: Header(id: id),
            questions: [Question(name: name, type: type)],
            edns: edns
        )
    }

    /// All twelve bits of the response code.
    package var responseCodeValue: UInt16 {
        UInt16(edns?.responseCodeHighBits ?? 0) << 4 | UInt16(header.responseCodeBits)
    }

    /// The response code; nil when it is not one that this server uses.
    package var responseCode: ResponseCode? { ResponseCode(rawValue: responseCodeValue) }

    /// Decodes `bytes`, which must hold one message and nothing after it.
    ///
    /// Throws `malformed` for records of a class other than IN, a second OPT or trailing bytes.
    package init(decoding bytes: [UInt8]) throws(WireError) {
        var reader = MessageReader(bytes)
        let id = try reader.readUInt16()
        self.init(header: Header(id: id, flags: try reader.readUInt16()))
        let questionCount = Int(try reader.readUInt16())
        let answerCount = Int(try reader.readUInt16())
        let authorityCount = Int(try reader.readUInt16())
        let additionalCount = Int(try reader.readUInt16())
        for _ in 0..<questionCount { questions.append(try reader.readQuestion()) }
        answer = try Self.readSection(answerCount, from: &reader)
        authority = try Self.readSection(authorityCount, from: &reader)
        for _ in 0..<additionalCount {
            let start = reader.offset
            let (record, recordClass) = try reader.readRecord()
            if record.type == .opt {
                guard edns == nil, record.owner.isRoot else { throw .malformed(offset: start) }
                edns = try EDNS(
                    recordClass: recordClass,
                    ttl: record.ttlSeconds,
                    rdata: record.rdata
                )
            } else {
                guard recordClass == Question.internet else { throw .malformed(offset: start) }
                additional.append(record)
            }
        }
        guard reader.isAtEnd else { throw .malformed(offset: reader.offset) }
    }

    private static func readSection(
        _ count: Int,
        from reader: inout MessageReader
    ) throws(WireError) -> [ResourceRecord] {
        var records: [ResourceRecord] = []
        for _ in 0..<count {
            let start = reader.offset
            let (record, recordClass) = try reader.readRecord()
            guard recordClass == Question.internet, record.type != .opt else {
                throw .malformed(offset: start)
            }
            records.append(record)
        }
        return records
    }

    /// The message in wire form, at most `bytesMax` bytes.
    ///
    /// What does not fit goes: additional records first, one by one, then with TC set authority and
    /// answer records; question and OPT always stay (RFC 2181 §9, RFC 6891 §7).
    package func encoded(bytesMax: Int = WireLimits.messageBytesMax) -> [UInt8] {
        let optBytes = edns.map { 11 + $0.rdata.count } ?? 0
        let recordBytesMax = max(bytesMax - optBytes, WireLimits.headerBytes)
        var writer = MessageWriter()
        writer.write(header.id)
        writer.write(header.flags)
        writer.write(UInt16(questions.count))
        for _ in 0..<3 { writer.write(UInt16(0)) }
        for question in questions { writer.write(question) }
        var fits = true
        for (index, section) in [answer, authority].enumerated() {
            var count: UInt16 = 0
            for record in section where fits {
                fits = count < .max && writer.write(record, bytesMax: recordBytesMax)
                if fits { count += 1 }
            }
            writer.patch(count, at: 6 + 2 * index)
        }
        var additionalCount: UInt16 = 0
        for record in additional where fits && additionalCount < .max - 1 {
            if writer.write(record, bytesMax: recordBytesMax) { additionalCount += 1 }
        }
        if !fits {
            var truncated = header
            truncated.isTruncated = true
            writer.patch(truncated.flags, at: 2)
        }
        if let edns {
            writer.write(edns)
            additionalCount += 1
        }
        writer.patch(additionalCount, at: 10)
        return writer.bytes
    }
}
