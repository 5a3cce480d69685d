internal import CLDNS
internal import DNSWire

/// A domain name that libldns allocated, freed with its owner.
@safe struct LDNSName: ~Copyable {
    let handle: UnsafeMutablePointer<ldns_rdf>

    init(_ name: DomainName) throws(LDNSError) {
        let handle = unsafe name.wire.withUnsafeBytes { bytes in
            unsafe ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, bytes.count, bytes.baseAddress)
        }
        guard let handle = unsafe handle else { throw LDNSError(LDNS_STATUS_MEM_ERR) }
        unsafe self.handle = unsafe handle
    }

    deinit {
        unsafe ldns_rdf_deep_free(handle)
    }
}
