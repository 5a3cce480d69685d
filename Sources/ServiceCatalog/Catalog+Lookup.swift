extension Catalog {
    /// The instances with an id, on whatever nodes, in order of node name.
    ///
    /// Cost: one look-up for each node; an instance whose node is known is found by its key.
    package func keys(ofInstance id: String) -> [InstanceKey] {
        var keys: [InstanceKey] = []
        nodeRecords.forEach { _, record in
            if let instance = record.instances[id] { keys.append(instance.key) }
        }
        return keys.sorted()
    }
}
