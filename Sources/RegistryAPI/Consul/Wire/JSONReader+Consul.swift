internal import ServiceCatalog

extension JSONReader {
    /// Reads the one object that a body is.
    ///
    /// `readField` gets each field's name in lower case and as it was sent, with the value standing
    /// next.
    static func readBody(
        _ bytes: [UInt8],
        _ readField: (
            inout JSONReader, _ folded: String, _ name: String
        ) throws(JSONReadError) -> Void
    ) throws(JSONReadError) {
        var reader = JSONReader(bytes)
        try reader.readFields(readField)
        try reader.finish()
    }

    /// Reads an object field by field; false, and nothing read, when `null` stands there.
    @discardableResult
    mutating func readFields(
        _ readField: (
            inout JSONReader, _ folded: String, _ name: String
        ) throws(JSONReadError) -> Void
    ) throws(JSONReadError) -> Bool {
        guard try enterObject() else { return false }
        while let name = try nextKey() { try readField(&self, name.lowercased(), name) }
        return true
    }

    /// Steps over a field that has no meaning here.
    mutating func ignoreValue() throws(JSONReadError) {
        _ = try skipValue()
    }

    /// Steps over a field that must say nothing.
    ///
    /// Why: to drop what a client asked for, and to answer that all is well, would be a lie.
    mutating func refuseValue(
        of field: String,
        because reason: String
    ) throws(JSONReadError) {
        guard try skipValue() else { throw .unsupported(field: field, reason: reason) }
    }

    /// Steps over `Namespace` or `Partition`, which Consul has in its paid edition only.
    mutating func refuseTenancy(_ field: String) throws(JSONReadError) {
        try refuseValue(of: field, because: "there are no namespaces and no partitions")
    }

    static let noMesh = "there is no service mesh"

    /// Steps over `Connect`, which must not ask for a part in a mesh.
    ///
    /// An empty sidecar asks for one with all defaults.
    mutating func refuseConnect() throws(JSONReadError) {
        try readFields { reader, folded, name throws(JSONReadError) in
            let isSidecar = folded == "sidecarservice" || folded == "sidecar_service"
            if isSidecar, try !reader.readNull() {
                throw .unsupported(field: name, reason: Self.noMesh)
            }
            if !isSidecar { try reader.refuseValue(of: name, because: Self.noMesh) }
        }
    }

    /// Region and zone; nil for `null` and where both are empty.
    mutating func readLocality() throws(JSONReadError) -> Locality? {
        var locality = Locality(region: "", zone: "")
        try readFields { reader, folded, name throws(JSONReadError) in
            switch folded {
            case "region": locality.region = try reader.readString()
            case "zone": locality.zone = try reader.readString()
            default: throw .unknownField(name)
            }
        }
        return locality.region.isEmpty && locality.zone.isEmpty ? nil : locality
    }

    /// Addresses of an instance by role.
    mutating func readServiceAddresses() throws(JSONReadError) -> [String: ServiceAddress] {
        var addresses: [String: ServiceAddress] = [:]
        guard try enterObject() else { return addresses }
        while let role = try nextKey() {
            var address = ServiceAddress(address: "", port: 0)
            try readFields { reader, folded, name throws(JSONReadError) in
                switch folded {
                case "address": address.address = try reader.readString()
                case "port": address.port = try reader.readInt()
                default: throw .unknownField(name)
                }
            }
            addresses[role] = address
        }
        return addresses
    }

    /// Weights of an instance; nil for `null`.
    mutating func readWeights() throws(JSONReadError) -> ServiceWeights? {
        var weights = ServiceWeights(passing: 0, warning: 0)
        let isGiven = try readFields { reader, folded, name throws(JSONReadError) in
            switch folded {
            case "passing": weights.passing = try reader.readInt()
            case "warning": weights.warning = try reader.readInt()
            default: throw .unknownField(name)
            }
        }
        return isGiven ? weights : nil
    }
}
