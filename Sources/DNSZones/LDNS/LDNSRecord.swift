internal import CLDNS
internal import DNSWire

/// A record that libldns allocated, freed with its owner.
@safe struct LDNSRecord: ~Copyable {
    private let handle: UnsafeMutablePointer<ldns_rr>

    /// Reads one record on one line: owner, TTL, class, type and rdata.
    ///
    /// Relative names in the rdata are completed by `origin`.
    /// Throws what libldns answers; it does not check the range of integers, see `RecordFields`.
    init(presentation text: String, origin: borrowing LDNSName) throws(LDNSError) {
        var handle: UnsafeMutablePointer<ldns_rr>?
        let status = unsafe ldns_rr_new_frm_str(&handle, text, 0, origin.handle, nil)
        try LDNSError.check(status)
        guard let handle = unsafe handle else { throw LDNSError(LDNS_STATUS_NULL) }
        unsafe self.handle = unsafe handle
    }

    /// Reads one record in wire form; it must fill `wire`.
    init(wire: [UInt8]) throws(LDNSError) {
        var handle: UnsafeMutablePointer<ldns_rr>?
        var position = 0
        let status = unsafe ldns_wire2rr(
            &handle,
            wire,
            wire.count,
            &position,
            LDNS_SECTION_ANSWER
        )
        try LDNSError.check(status)
        guard let handle = unsafe handle else { throw LDNSError(LDNS_STATUS_NULL) }
        guard position == wire.count else {
            unsafe ldns_rr_free(handle)
            throw LDNSError(LDNS_STATUS_WIRE_RDATA_ERR)
        }
        unsafe self.handle = unsafe handle
    }

    deinit {
        unsafe ldns_rr_free(handle)
    }

    /// The record in presentation format, without the final newline.
    var presentation: String {
        guard let text = unsafe ldns_rr2str(handle) else { return "" }
        defer { unsafe free(text) }
        let line = unsafe String(cString: text)
        return line.hasSuffix("\n") ? String(line.dropLast()) : line
    }

    /// The rdata in wire form, no name in it compressed.
    func rdata() throws(LDNSError) -> [UInt8] {
        var bytes: UnsafeMutablePointer<UInt8>?
        var count = 0
        let section = Int32(bitPattern: LDNS_SECTION_ANSWER.rawValue)
        try LDNSError.check(unsafe ldns_rr2wire(&bytes, handle, section, &count))
        guard let bytes = unsafe bytes else { throw LDNSError(LDNS_STATUS_MEM_ERR) }
        defer { unsafe free(bytes) }
        // Owner, then type, class, TTL and length: ten bytes.
        let start = unsafe ldns_rdf_size(ldns_rr_owner(handle)) + 10
        guard start <= count else { throw LDNSError(LDNS_STATUS_WIRE_RDATA_ERR) }
        return unsafe Array(UnsafeBufferPointer(start: bytes, count: count)[start...])
    }
}
