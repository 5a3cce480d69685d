// One flat object with every property under its name, whatever the form in memory.
extension ServiceInstance: Codable {
    private enum CodingKeys: CodingKey {
        case node, id, service, tags, address, port, meta, weights, taggedAddresses
        case enableTagOverride, kind, socketPath, locality, lease, isDraining
        case createIndex, modifyIndex
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            node: try values.decode(String.self, forKey: .node),
            id: try values.decode(String.self, forKey: .id),
            service: try values.decode(String.self, forKey: .service),
            tags: try values.decode([String].self, forKey: .tags),
            address: try values.decode(String.self, forKey: .address),
            port: try values.decode(Int.self, forKey: .port),
            meta: try values.decode([String: String].self, forKey: .meta),
            weights: try values.decode(ServiceWeights.self, forKey: .weights),
            taggedAddresses: try values.decode(
                [String: ServiceAddress].self,
                forKey: .taggedAddresses
            ),
            enableTagOverride: try values.decode(Bool.self, forKey: .enableTagOverride),
            kind: try values.decode(String.self, forKey: .kind),
            socketPath: try values.decodeIfPresent(String.self, forKey: .socketPath),
            locality: try values.decodeIfPresent(Locality.self, forKey: .locality),
            lease: try values.decodeIfPresent(Lease.self, forKey: .lease),
            isDraining: try values.decode(Bool.self, forKey: .isDraining),
            createIndex: try values.decode(CatalogIndex.self, forKey: .createIndex),
            modifyIndex: try values.decode(CatalogIndex.self, forKey: .modifyIndex)
        )
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(node, forKey: .node)
        try values.encode(id, forKey: .id)
        try values.encode(service, forKey: .service)
        try values.encode(tags, forKey: .tags)
        try values.encode(address, forKey: .address)
        try values.encode(port, forKey: .port)
        try values.encode(meta, forKey: .meta)
        try values.encode(weights, forKey: .weights)
        try values.encode(taggedAddresses, forKey: .taggedAddresses)
        try values.encode(enableTagOverride, forKey: .enableTagOverride)
        try values.encode(kind, forKey: .kind)
        try values.encodeIfPresent(socketPath, forKey: .socketPath)
        try values.encodeIfPresent(locality, forKey: .locality)
        try values.encodeIfPresent(lease, forKey: .lease)
        try values.encode(isDraining, forKey: .isDraining)
        try values.encode(createIndex, forKey: .createIndex)
        try values.encode(modifyIndex, forKey: .modifyIndex)
    }
}
