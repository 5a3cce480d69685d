import ServiceCatalog

/// What the rooms behind the API would say: the first label is a service, or a node below `node`.
func explanation(_ name: String, _ type: String?) throws(FieldError) -> NameExplanation {
    let labels = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard !labels.contains("") else {
        throw FieldError("name", "is not a domain name: \"\(name)\"")
    }
    let isNode = labels.count > 1 && labels[1] == "node"
    return NameExplanation(
        name: name + ".",
        type: type ?? "A",
        kind: isNode ? .node : .service,
        service: isNode ? nil : labels[0],
        node: isNode ? labels[0] : nil,
        summary: "for a test"
    )
}
