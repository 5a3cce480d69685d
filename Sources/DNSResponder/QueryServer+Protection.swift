internal import DNSWire

/// What a query's cookie says about its sender.
enum CookieFinding {
    case none
    /// The client's half alone: it asks for ours.
    case new
    /// Ours, and for this address: the sender gets what is sent to it.
    case valid
    case invalid
}

/// Whom to answer, and how much: looked at only for queries with a cookie, or when the settings ask
/// for more than cookies.
extension QueryServer {
    /// Starts a batch: what was read in the last one may change now.
    @inline(__always)
    mutating func beginBatch() {
        reader.beginBatch()
        protection.refresh()
        clock.beginBatch()
    }

    /// What becomes of a query that the parser found to be `verdict`.
    @inline(never)
    mutating func admit(
        _ verdict: Verdict,
        query: UnsafePointer<UInt8>,
        overTCP: Bool
    ) -> Verdict {
        cookie = .none
        let client = unsafe origin.client(of: query)
        if unsafe current.pointee.parsed.options.hasCookie,
            unsafe !takeCookie(&current.pointee.parsed.options, query: query, from: client)
        {
            counters.add(1, to: WorkerCounters.Field.cookies + 3)
            switch verdict {
            case .accepted, .refused, .transfer, .cookieOnly: return .formatError
            default: return verdict
            }
        }
        let protection = unsafe protection.protection
        switch verdict {
        case .accepted, .refused, .transfer, .cookieOnly: break
        default: return verdict
        }
        if unsafe protection.pointee.hasAllowedClients, let client,
            unsafe !protection.pointee.allowedClients.contains(client)
        {
            counters.add(1, to: WorkerCounters.Field.prohibited)
            return .prohibited
        }
        if verdict == .cookieOnly {
            switch cookie {
            case .none: return .formatError
            case .new, .valid: return .cookieOnly
            case .invalid: return .badCookie
            }
        }
        guard unsafe protection.pointee.cookies == .required, !overTCP,
            verdict == .accepted || verdict == .transfer
        else {
            return verdict
        }
        switch cookie {
        case .valid: return verdict
        // It knows nothing of cookies: over TCP it can show who it is.
        case .none: return .overTCPOnly
        case .new, .invalid: return .badCookie
        }
    }

    /// Reads the cookie of a query and makes the option for its reply; false when it is malformed.
    private mutating func takeCookie(
        _ options: inout AnsweredOptions,
        query: UnsafePointer<UInt8>,
        from client: IPAddress?
    ) -> Bool {
        let protection = unsafe protection.protection
        guard unsafe protection.pointee.cookies != .off else {
            options.forgetCookie()
            return true
        }
        let count = options.cookieBytes
        guard count == ServerCookie.clientBytes || ServerCookie.pairBytes.contains(count) else {
            options.forgetCookie()
            return false
        }
        let bytes = unsafe UnsafeRawPointer(query + options.cookieOffset)
        let half = unsafe bytes.loadUnaligned(as: UInt64.self)
        let address = client ?? .v4(0)
        let seconds = clock.seconds()
        let option = unsafe settings.cookieOption
        unsafe option.storeBytes(of: half, toByteOffset: 4, as: UInt64.self)
        cookie = count == ServerCookie.clientBytes ? .new : .invalid
        if count == ServerCookie.clientBytes + ServerCookie.bytes {
            let shown = unsafe ServerCookie(
                head: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
                hash: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
            )
            let keys = unsafe protection.pointee.keys
            var index = 0
            while index < keys.count, shown.isCurrent(at: seconds) {
                if unsafe shown.isSigned(client: half, address: address, key: keys[index]) {
                    cookie = .valid
                    break
                }
                index += 1
            }
            if cookie == .valid, index == 0, !shown.isToBeRenewed(at: seconds) {
                unsafe write(shown, to: option)
                counters.add(1, to: WorkerCounters.Field.cookies + 1)
                return true
            }
        }
        let fresh = unsafe ServerCookie(
            client: half,
            address: address,
            seconds: seconds,
            key: protection.pointee.keys[0]
        )
        unsafe write(fresh, to: option)
        let place = cookie == .new ? 0 : cookie == .valid ? 1 : 2
        counters.add(1, to: WorkerCounters.Field.cookies + place)
        return true
    }

    private func write(_ cookie: ServerCookie, to option: UnsafeMutableRawPointer) {
        unsafe option.storeBytes(of: cookie.head, toByteOffset: 12, as: UInt64.self)
        unsafe option.storeBytes(of: cookie.hash, toByteOffset: 20, as: UInt64.self)
    }

    /// What becomes of the finished `reply` to `query`.
    @inline(never)
    mutating func limit(
        _ query: UnsafePointer<UInt8>,
        reply: UnsafePointer<UInt8>,
        responseCode: UInt16
    ) -> RateLimiter.Action {
        let protection = unsafe protection.protection
        guard cookie != .valid, let client = unsafe origin.client(of: query),
            unsafe !protection.pointee.rateExempt.contains(client)
        else { return .send }
        let identity = unsafe limiter.identity(of: client, kind: kind(of: reply, responseCode))
        let action = unsafe limiter.take(
            identity,
            protection.pointee.rates,
            milliseconds: clock.milliseconds()
        )
        switch action {
        case .send: break
        case .drop: counters.add(1, to: WorkerCounters.Field.rateLimitedDropped)
        case .truncate: counters.add(1, to: WorkerCounters.Field.rateLimitedTruncated)
        }
        return action
    }

    /// Writes a reply with TC and no records; its length, 0 for a query without a question.
    @inline(never)
    func truncate(
        _ query: UnsafePointer<UInt8>,
        reply: UnsafeMutablePointer<UInt8>
    ) -> Int {
        let parsed = unsafe current.pointee.parsed
        guard parsed.questionEnd > WireLimits.headerBytes else { return 0 }
        var writer = unsafe ReplyWriter(
            query: query,
            parsed: parsed,
            reply: reply,
            settings: settings
        )
        unsafe writer.refuse(.overTCPOnly, hasQuestion: true)
        unsafe writer.finish()
        unsafe counters.add(1, to: WorkerCounters.Field.responseCodes + Int(writer.responseCode))
        counters.add(1, to: WorkerCounters.Field.truncated)
        return unsafe writer.count
    }

    /// Answers of one name are of a kind, and so are all that a wildcard makes, all that a zone
    /// denies, and all errors: else random names would each have a rate of their own.
    private func kind(of reply: UnsafePointer<UInt8>, _ responseCode: UInt16) -> UInt64 {
        switch ResponseCode(rawValue: responseCode) {
        case .noError, .nameError: break
        default: return 0
        }
        guard unsafe current.pointee.parsed.questionEnd > WireLimits.headerBytes,
            let slots = unsafe reader.slots
        else { return 0 }
        let answers = unsafe reply[6] | reply[7]
        let authorities = unsafe reply[8] | reply[9]
        let isReferral = unsafe authorities != 0 && reply[2] & 0x04 == 0
        let labelCount = unsafe current.pointee.name.labelCount
        var label = max(0, labelCount - reader.labelsMax)
        while label <= labelCount {
            if let entry = unsafe slots.find(current.pointee.name, label: label) {
                return unsafe answers == 0 && !isReferral
                    ? UInt64(UInt(bitPattern: entry.pointee.zone))
                    : current.pointee.name.hash(label)
            }
            label += 1
        }
        return unsafe current.pointee.name.hash(0)
    }
}
