internal import DNSWire

/// Reads a query: header, one question, at most one OPT record, nothing else.
///
/// One bounds check a region, then plain loads: all reads of the client's bytes are in this file
/// and in `FoldedName`. Cost: no allocation.
enum QueryParser {
    /// Parses the `count` bytes at `query`, which has at least 8 readable bytes after them.
    @inline(__always)
    static func parse(
        _ query: UnsafePointer<UInt8>,
        count: Int,
        into parsed: inout ParsedQuery,
        name: inout FoldedName,
        udpPayloadBytesMax: Int
    ) -> Verdict {
        guard count >= WireLimits.headerBytes, unsafe query[2] & 0x80 == 0 else { return .drop }
        guard unsafe uint16(query, 4) == 1 else {
            return unsafe parseQuestions(
                query,
                count: count,
                into: &parsed,
                udpPayloadBytesMax: udpPayloadBytesMax
            )
        }
        let otherOpcode = unsafe query[2] & opcodeBits
        guard
            unsafe name.scan(
                query + WireLimits.headerBytes,
                available: count - WireLimits.headerBytes
            )
        else { return otherOpcode == 0 ? .formatError : .notImplemented }
        let nameEnd = WireLimits.headerBytes + name.count
        guard count - nameEnd >= 4 else {
            return otherOpcode == 0 ? .formatError : .notImplemented
        }
        parsed.questionEnd = nameEnd + 4
        parsed.type = unsafe uint16(query, nameEnd)
        let recordClass = unsafe uint16(query, nameEnd + 2)

        var position = parsed.questionEnd
        // The usual query has no record but perhaps an OPT: both record counts before it are zero.
        let sectionCounts = unsafe uint16(query, 6) | uint16(query, 8)
        let additionalCount = unsafe uint16(query, 10)
        if sectionCounts | UInt16(otherOpcode) != 0 || additionalCount > 1 {
            return unsafe parseUnusual(
                query,
                count: count,
                into: &parsed,
                udpPayloadBytesMax: udpPayloadBytesMax
            )
        }
        if additionalCount == 1 {
            guard unsafe isOPT(query, at: position, count: count) else {
                return unsafe parseUnusual(
                    query,
                    count: count,
                    into: &parsed,
                    udpPayloadBytesMax: udpPayloadBytesMax
                )
            }
            let verdict = unsafe parseOPT(
                query,
                at: &position,
                count: count,
                into: &parsed,
                udpPayloadBytesMax: udpPayloadBytesMax
            )
            guard verdict == .accepted else { return verdict }
        }
        guard position == count else { return .formatError }
        return check(parsed.type, recordClass: recordClass)
    }

    private static let opcodeBits: UInt8 = 0x78

    /// Reads a query that has no question, or several: only a cookie may stand alone.
    @inline(never)
    private static func parseQuestions(
        _ query: UnsafePointer<UInt8>,
        count: Int,
        into parsed: inout ParsedQuery,
        udpPayloadBytesMax: Int
    ) -> Verdict {
        let isQuery = unsafe query[2] & opcodeBits == 0
        let questions = unsafe uint16(query, 4)
        var position = WireLimits.headerBytes
        for _ in 0..<questions {
            guard unsafe skipName(query, at: &position, count: count), count - position >= 4 else {
                return isQuery ? .formatError : .notImplemented
            }
            position += 4
        }
        let verdict = unsafe readRecords(
            query,
            at: position,
            count: count,
            into: &parsed,
            udpPayloadBytesMax: udpPayloadBytesMax
        )
        if verdict == .badVersion { return verdict }
        guard isQuery else { return .notImplemented }
        let others = unsafe questions | uint16(query, 6) | uint16(query, 8)
        let isAlone = unsafe others == 0 && uint16(query, 10) == 1
        return isAlone && verdict == .accepted && parsed.options.hasCookie
            ? .cookieOnly : .formatError
    }

    /// Query types and classes that are never looked up.
    @inline(__always)
    private static func check(_ type: UInt16, recordClass: UInt16) -> Verdict {
        guard recordClass == 1 else { return .refused }
        if type < 128 && type != 0 && type != 41 { return .accepted }
        switch type {
        case 255: return .accepted
        case 251, 252: return .transfer
        // Types of the meta range (RFC 6895 §3.1) are no question that data could answer.
        case 0, 41, 128...254: return .formatError
        default: return .accepted
        }
    }

    @inline(__always)
    private static func isOPT(
        _ query: UnsafePointer<UInt8>,
        at position: Int,
        count: Int
    ) -> Bool {
        guard count - position >= 11 else { return false }
        return unsafe query[position] == 0 && uint16(query, position + 1) == 41
    }

    /// Reads the OPT record at `position`, of which eleven bytes are there.
    ///
    /// From then on the reply has one, whatever is wrong with this (RFC 6891 §7).
    @inline(__always)
    private static func parseOPT(
        _ query: UnsafePointer<UInt8>,
        at position: inout Int,
        count: Int,
        into parsed: inout ParsedQuery,
        udpPayloadBytesMax: Int
    ) -> Verdict {
        let payloadBytes = Int(unsafe uint16(query, position + 3))
        let version = unsafe query[position + 6]
        parsed.hasEDNS = true
        parsed.dnssecOK = unsafe query[position + 7] & 0x80 != 0
        parsed.replyBytesMax = min(
            max(payloadBytes, WireLimits.plainUDPBytesMax),
            udpPayloadBytesMax
        )
        let end = position + 11 + Int(unsafe uint16(query, position + 9))
        guard end <= count else { return .formatError }
        // What another version's options look like is not known (§6.1.3).
        guard version == 0 else {
            position = end
            return .badVersion
        }
        position += 11
        while position < end {
            guard end - position >= 4 else { return .formatError }
            let code = unsafe uint16(query, position)
            let next = position + 4 + Int(unsafe uint16(query, position + 2))
            guard next <= end else { return .formatError }
            if code == EDNS.Option.nameServerIdentifier {
                parsed.options.wantsIdentifier = true
            } else if code == EDNS.Option.clientSubnet {
                guard unsafe noteClientSubnet(query, position..<next, in: &parsed) else {
                    return .formatError
                }
            } else if code == EDNS.Option.cookie {
                parsed.options.setCookie(position..<next)
            }
            position = next
        }
        return .accepted
    }

    /// Remembers where the client subnet is, for the reply has to repeat it; false when it is
    /// malformed or the second one.
    ///
    /// The rules are those of `ClientSubnet.init(payload:)`, without its allocations.
    @inline(never)
    private static func noteClientSubnet(
        _ query: UnsafePointer<UInt8>,
        _ option: Range<Int>,
        in parsed: inout ParsedQuery
    ) -> Bool {
        let isSecond = parsed.options.clientSubnetBytes != 0
        parsed.options.setClientSubnet(0..<0)
        let payload = option.lowerBound + 4
        let addressBytes = option.upperBound - payload - ClientSubnet.fixedBytes
        guard !isSecond, addressBytes >= 0, unsafe query[payload + 3] == 0 else { return false }
        let bits = Int(unsafe query[payload + 2])
        let bitsMax: Int
        switch unsafe uint16(query, payload) {
        case 0: bitsMax = 0
        case 1: bitsMax = 32
        case 2: bitsMax = 128
        default: return false
        }
        guard bits <= bitsMax, addressBytes == (bits + 7) / 8 else { return false }
        let spareBits = 8 * addressBytes - bits
        if spareBits > 0 {
            let last = unsafe query[option.upperBound - 1]
            guard last & (1 << UInt8(spareBits) - 1) == 0 else { return false }
        }
        parsed.options.setClientSubnet(option)
        return true
    }

    /// Reads what follows the question, where that is more than one OPT or no query.
    @inline(never)
    private static func parseUnusual(
        _ query: UnsafePointer<UInt8>,
        count: Int,
        into parsed: inout ParsedQuery,
        udpPayloadBytesMax: Int
    ) -> Verdict {
        let verdict = unsafe readRecords(
            query,
            at: parsed.questionEnd,
            count: count,
            into: &parsed,
            udpPayloadBytesMax: udpPayloadBytesMax
        )
        if verdict == .badVersion { return verdict }
        guard unsafe query[2] & opcodeBits == 0 else { return .notImplemented }
        guard verdict == .accepted else { return verdict }
        return unsafe check(parsed.type, recordClass: uint16(query, parsed.questionEnd - 2))
    }

    /// Walks all records from `start` on, which end the message, and reads the OPT.
    ///
    /// Every record has at least eleven bytes, so that the message's length bounds the work, and not
    /// what its header says.
    private static func readRecords(
        _ query: UnsafePointer<UInt8>,
        at start: Int,
        count: Int,
        into parsed: inout ParsedQuery,
        udpPayloadBytesMax: Int
    ) -> Verdict {
        let others = unsafe Int(uint16(query, 6)) + Int(uint16(query, 8))
        let records = others + Int(unsafe uint16(query, 10))
        var position = start
        var verdict = Verdict.accepted
        for index in 0..<records {
            if index >= others, !parsed.hasEDNS, unsafe isOPT(query, at: position, count: count) {
                let optVerdict = unsafe parseOPT(
                    query,
                    at: &position,
                    count: count,
                    into: &parsed,
                    udpPayloadBytesMax: udpPayloadBytesMax
                )
                if optVerdict == .formatError { return .formatError }
                if verdict == .accepted { verdict = optVerdict }
                continue
            }
            guard let type = unsafe skipRecord(query, at: &position, count: count) else {
                return .formatError
            }
            // A second OPT, one elsewhere, or one with an owner, is malformed; a key of ours that
            // could verify TSIG is none.
            if type == RecordType.opt.rawValue {
                parsed.hasEDNS = true
                return .formatError
            }
            if type == RecordType.tsig.rawValue { verdict = .notAuthoritative }
        }
        return position == count ? verdict : .formatError
    }

    /// The serial that an IXFR client has: that of the SOA in the authority section (RFC 1995 §3);
    /// nil without one.
    ///
    /// For a query that has been parsed from `questionEnd` on to its end.
    static func knownSerial(
        _ query: UnsafePointer<UInt8>,
        from questionEnd: Int
    ) -> UInt32? {
        var position = questionEnd
        let answers = unsafe Int(uint16(query, 6))
        let authorities = unsafe Int(uint16(query, 8))
        for index in 0..<answers + authorities {
            let type = unsafe skipRecord(query, at: &position, count: WireLimits.messageBytesMax)
            guard let type else { return nil }
            // Two names and five numbers; the first of these is the serial.
            guard index >= answers, type == RecordType.soa.rawValue,
                position - questionEnd >= 1 + 10 + 22
            else { continue }
            let start = position - 20
            return unsafe UInt32(uint16(query, start)) << 16 | UInt32(uint16(query, start + 2))
        }
        return nil
    }

    /// Moves past a record; its type, or nil when it is malformed.
    private static func skipRecord(
        _ query: UnsafePointer<UInt8>,
        at position: inout Int,
        count: Int
    ) -> UInt16? {
        guard unsafe skipName(query, at: &position, count: count), count - position >= 10 else {
            return nil
        }
        let type = unsafe uint16(query, position)
        position += 10 + Int(unsafe uint16(query, position + 8))
        return position <= count ? type : nil
    }

    /// Moves past a name, of which a pointer is the end; false when it is malformed.
    private static func skipName(
        _ query: UnsafePointer<UInt8>,
        at position: inout Int,
        count: Int
    ) -> Bool {
        while position < count {
            let length = unsafe Int(query[position])
            if length == 0 {
                position += 1
                return true
            }
            if length >= 0xC0 {
                position += 2
                return true
            }
            guard length <= WireLimits.labelBytesMax else { return false }
            position += 1 + length
        }
        return false
    }

    @inline(__always)
    private static func uint16(_ bytes: UnsafePointer<UInt8>, _ offset: Int) -> UInt16 {
        unsafe UInt16(bytes[offset]) << 8 | UInt16(bytes[offset + 1])
    }
}
