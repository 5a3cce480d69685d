internal import CLDNS
internal import DNSWire

/// What libldns knows about the rdata of a type: used to say which field of a record is wrong.
struct RecordFields {
    /// The forms of the fields that people get wrong.
    enum Form {
        case name
        case integer(max: UInt64)
        case period
        case ipv4
        case ipv6
        case characterString
        /// Written as several fields, so the numbers of later ones do not match.
        case compound
        case other
    }

    /// The least number of fields.
    let countMin: Int
    /// The greatest number; more than one token may make a field of the form `other`.
    let countMax: Int
    private let type: RecordType

    /// Nil for a type whose presentation format is not known.
    init?(_ type: RecordType) {
        guard let descriptor = unsafe ldns_rr_descript(type.rawValue) else { return nil }
        // An unknown type gets the descriptor of the type "NULL", number 0.
        guard unsafe descriptor.pointee._type.rawValue == UInt32(type.rawValue) else { return nil }
        self.type = type
        self.countMin = unsafe ldns_rr_descriptor_minimum(descriptor)
        self.countMax = unsafe ldns_rr_descriptor_maximum(descriptor)
    }

    /// The type that `text` names, `TYPE123` included (RFC 3597 §5); nil for other text.
    static func type(named text: String) -> RecordType? {
        if let type = RecordType(text) { return type }
        let value = unsafe ldns_get_rr_type_by_name(text).rawValue
        return value == 0 ? nil : UInt16(exactly: value).map(RecordType.init(rawValue:))
    }

    /// The form of field `index`.
    func form(_ index: Int) -> Form {
        switch rawForm(index) {
        case LDNS_RDF_TYPE_DNAME: .name
        case LDNS_RDF_TYPE_INT8: .integer(max: UInt64(UInt8.max))
        case LDNS_RDF_TYPE_INT16: .integer(max: UInt64(UInt16.max))
        case LDNS_RDF_TYPE_INT32: .integer(max: UInt64(UInt32.max))
        case LDNS_RDF_TYPE_PERIOD: .period
        case LDNS_RDF_TYPE_A: .ipv4
        case LDNS_RDF_TYPE_AAAA: .ipv6
        case LDNS_RDF_TYPE_STR: .characterString
        case LDNS_RDF_TYPE_HIP: .compound
        default: .other
        }
    }

    /// True when libldns reads `text` as field `index`.
    func accepts(_ text: String, as index: Int) -> Bool {
        guard let field = unsafe ldns_rdf_new_frm_str(rawForm(index), text) else { return false }
        unsafe ldns_rdf_deep_free(field)
        return true
    }

    private func rawForm(_ index: Int) -> ldns_rdf_type {
        guard let descriptor = unsafe ldns_rr_descript(type.rawValue) else {
            return LDNS_RDF_TYPE_NONE
        }
        return unsafe ldns_rr_descriptor_field_type(descriptor, index)
    }
}
