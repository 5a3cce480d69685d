internal import CLDNS

/// A status of libldns other than "OK", as an error.
package struct LDNSError: Error, Sendable {
    /// The number of libldns's `ldns_status`.
    package let status: UInt32
    /// The words of libldns for it.
    package let message: String
    /// The line of the zone file that was read, when there is one.
    package var line: Int?
    /// The zone file that was read, when there is one.
    package var file: String?

    package init(status: UInt32, message: String, line: Int? = nil, file: String? = nil) {
        self.status = status
        self.message = message
        self.line = line
        self.file = file
    }

    init(_ status: ldns_status) {
        self.status = status.rawValue
        if let text = unsafe ldns_get_errorstr_by_id(status) {
            self.message = unsafe String(cString: text)
        } else {
            self.message = "unknown status \(status.rawValue)"
        }
    }

    /// Throws unless `status` is "OK".
    static func check(_ status: ldns_status) throws(LDNSError) {
        guard status == LDNS_STATUS_OK else { throw LDNSError(status) }
    }
}

extension LDNSError: Equatable {
    /// Equal by status alone: the rest is for people.
    package static func == (left: LDNSError, right: LDNSError) -> Bool {
        left.status == right.status
    }
}

extension LDNSError: CustomStringConvertible {
    package var description: String {
        let place = [file, line.map(String.init)].compactMap { $0 }.joined(separator: ":")
        return place.isEmpty ? message : "\(place): \(message)"
    }
}
