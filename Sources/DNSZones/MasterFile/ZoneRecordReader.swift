internal import DNSWire

/// Turns the entries of master files into records; keeps origin, last owner and TTL in between.
///
/// RFC 1035 §5.1; `$TTL` of RFC 2308 §4.
struct ZoneRecordReader {
    private(set) var records: [SourcedRecord] = []
    private(set) var warnings: [ZoneFileWarning] = []

    private var origin: DomainName
    private var lastOwner: DomainName?
    /// From `$TTL`.
    private var defaultTTLSeconds: UInt32?
    /// From the last record that had one; what counts without `$TTL`.
    private var lastTTLSeconds: UInt32?
    private var includeDepth = 0

    init(origin: DomainName) {
        self.origin = origin
    }

    /// Reads all entries of `bytes`; `file` is their name in errors.
    mutating func read(_ bytes: [UInt8], file: String) throws(ZoneFileError) {
        var scanner = ZoneEntryScanner(bytes: bytes, file: file)
        while let entry = try scanner.next() {
            let first = entry.tokens[0]
            if first.text.hasPrefix("$"), !first.isQuoted {
                try readDirective(entry, file: file)
            } else {
                try readRecord(entry, file: file)
            }
        }
    }

    // MARK: Directives

    private mutating func readDirective(
        _ entry: ZoneEntry,
        file: String
    ) throws(ZoneFileError) {
        let directive = entry.tokens[0].text
        let values = entry.tokens.dropFirst()
        func fault(_ message: String) -> ZoneFileError {
            ZoneFileError(file: file, line: entry.line, message: message)
        }
        switch directive.uppercased() {
        case "$ORIGIN":
            guard values.count == 1, let name = values.first else {
                throw fault("expected one name after $ORIGIN")
            }
            origin = try absoluteName(name, file: file)
        case "$TTL":
            guard values.count == 1, let value = values.first else {
                throw fault("expected one TTL after $TTL")
            }
            guard let ttlSeconds = ZoneTTL.seconds(value.text) else {
                throw fault("'\(value.text)' is no TTL; expected \(ZoneTTL.expectation)")
            }
            defaultTTLSeconds = ttlSeconds
        case "$INCLUDE":
            guard (1...2).contains(values.count), let path = values.first else {
                throw fault("expected a file name, then an origin if wanted, after $INCLUDE")
            }
            let included = try values.dropFirst().first.map { name throws(ZoneFileError) in
                try absoluteName(name, file: file)
            }
            try include(path.text, origin: included, from: file, line: entry.line)
        default:
            throw fault(
                "unknown directive '\(directive)'; expected $ORIGIN, $TTL or $INCLUDE"
            )
        }
    }

    /// Reads another file in place; origin and owner are restored after it (RFC 1035 §5.1).
    private mutating func include(
        _ path: String,
        origin included: DomainName?,
        from file: String,
        line: Int
    ) throws(ZoneFileError) {
        guard includeDepth < ZoneFileLimits.includeDepthMax else {
            let message =
                "$INCLUDE nested more than \(ZoneFileLimits.includeDepthMax) deep; "
                + "does a file include itself?"
            throw ZoneFileError(file: file, line: line, message: message)
        }
        let target: String
        if path.hasPrefix("/") {
            target = path
        } else if let slash = file.lastIndex(of: "/") {
            target = file[...slash] + path
        } else {
            target = path
        }
        let bytes: [UInt8]
        do throws(ZoneFileError) {
            bytes = try ZoneFile.contents(of: target)
        } catch {
            let message = "$INCLUDE of '\(target)': \(error.message)"
            throw ZoneFileError(file: file, line: line, message: message)
        }
        let (outerOrigin, outerOwner) = (origin, lastOwner)
        origin = included ?? origin
        includeDepth += 1
        try read(bytes, file: target)
        includeDepth -= 1
        (origin, lastOwner) = (outerOrigin, outerOwner)
    }

    // MARK: Records

    private mutating func readRecord(_ entry: ZoneEntry, file: String) throws(ZoneFileError) {
        guard records.count < ZoneFileLimits.recordsMax else {
            let message =
                "more than \(ZoneFileLimits.recordsMax) records; expected fewer in one zone"
            throw ZoneFileError(file: file, line: entry.line, message: message)
        }
        var tokens = entry.tokens[...]
        let owner: DomainName
        if entry.startsBlank {
            guard let last = lastOwner else {
                let message = "no owner name; expected one in the first column of the first record"
                throw ZoneFileError(file: file, line: entry.line, message: message)
            }
            owner = last
        } else {
            owner = try absoluteName(tokens.removeFirst(), file: file)
        }
        lastOwner = owner
        let head = try ZoneRecordHead(&tokens, file: file, line: entry.line)
        let rdata: [UInt8]
        let parser = ZoneRdataParser(type: head.type, origin: origin, file: file, line: entry.line)
        rdata = try parser.rdata(tokens)
        if let stated = head.ttlSeconds { lastTTLSeconds = stated }
        guard
            let ttlSeconds = head.ttlSeconds ?? defaultTTLSeconds ?? lastTTLSeconds
                ?? minimumTTL(head.type, rdata)
        else {
            let message = "no TTL; expected one in this record or in $TTL before it"
            throw ZoneFileError(file: file, line: entry.line, message: message)
        }
        lastTTLSeconds = lastTTLSeconds ?? ttlSeconds
        let record = ResourceRecord(
            owner: owner,
            type: head.type,
            ttlSeconds: ttlSeconds,
            rdata: rdata
        )
        records.append(SourcedRecord(record: record, file: file, line: entry.line))
    }

    /// A SOA without any TTL takes its MINIMUM, as other servers do.
    private func minimumTTL(_ type: RecordType, _ rdata: [UInt8]) -> UInt32? {
        guard type == .soa else { return nil }
        return StartOfAuthority(rdata: rdata)?.minimumSeconds
    }

    /// The name in `token`, completed by the origin when it has no final dot.
    private func absoluteName(
        _ token: ZoneEntry.Token,
        file: String
    ) throws(ZoneFileError) -> DomainName {
        func fault(_ reason: String) -> ZoneFileError {
            let message = "'\(token.text)' is no domain name: \(reason)"
            return ZoneFileError(file: file, line: token.line, message: message)
        }
        guard !token.isQuoted else { throw fault("it stands in quotes") }
        do throws(WireError) {
            return try ZoneNameText.absolute(token.text, origin: origin)
        } catch {
            throw fault(error.description)
        }
    }
}
