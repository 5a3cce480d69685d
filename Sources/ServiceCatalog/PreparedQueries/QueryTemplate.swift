/// A template query, ready to be filled in for the names that begin with its own.
package struct QueryTemplate: Sendable {
    private let query: PreparedQuery
    private let pattern: LinearPattern?
    private let removesEmptyTags: Bool

    /// - Throws: what is wrong with the template of `query`; it must have one.
    package init(_ query: PreparedQuery) throws(PreparedQueryError) {
        self.query = query
        let template = query.template ?? PreparedQuery.Template(type: "")
        guard template.type == PreparedQuery.templateType else {
            throw .badTemplateType(template.type)
        }
        removesEmptyTags = template.removeEmptyTags
        do {
            pattern = template.regexp.isEmpty ? nil : try LinearPattern(template.regexp)
        } catch {
            throw .badRegexp(error)
        }
        _ = try filled(for: query.name)
    }

    /// The query that the template means for `name`.
    ///
    /// The template was read before, so nothing is wrong with it.
    package func render(_ name: String) -> PreparedQuery { (try? filled(for: name)) ?? query }

    private func filled(for name: String) throws(PreparedQueryError) -> PreparedQuery {
        let values = TemplateValues(
            name: name,
            prefix: query.name,
            captures: pattern.flatMap { $0.captures(in: name) } ?? []
        )
        func fill(_ text: String, _ field: String) throws(PreparedQueryError) -> String {
            do {
                return try TemplateText(text).filled(with: values)
            } catch {
                throw .badTemplateField(field: field, text: text, reason: error.reason)
            }
        }
        func fill(_ texts: [String], _ field: String) throws(PreparedQueryError) -> [String] {
            var filled: [String] = []
            for (position, text) in texts.enumerated() {
                filled.append(try fill(text, "\(field)[\(position)]"))
            }
            return filled
        }
        func fill(
            _ pairs: [String: String],
            _ field: String
        ) throws(PreparedQueryError) -> [String: String] {
            var filled: [String: String] = [:]
            for (key, text) in pairs { filled[key] = try fill(text, "\(field)[\(key)]") }
            return filled
        }
        var rendered = query
        var service = query.service
        service.service = try fill(service.service, ".Service")
        service.near = try fill(service.near, ".Near")
        service.peer = try fill(service.peer, ".Peer")
        service.tags = try fill(service.tags, ".Tags")
        if removesEmptyTags { service.tags.removeAll { $0.isEmpty } }
        service.ignoreCheckIDs = try fill(service.ignoreCheckIDs, ".IgnoreCheckIDs")
        service.nodeMeta = try fill(service.nodeMeta, ".NodeMeta")
        service.serviceMeta = try fill(service.serviceMeta, ".ServiceMeta")
        service.failover.datacenters = try fill(
            service.failover.datacenters,
            ".Failover.Datacenters"
        )
        for position in service.failover.targets.indices {
            let target = service.failover.targets[position]
            service.failover.targets[position] = PreparedQuery.Failover.Target(
                peer: try fill(target.peer, ".Failover.Targets[\(position)].Peer"),
                datacenter: try fill(
                    target.datacenter,
                    ".Failover.Targets[\(position)].Datacenter"
                )
            )
        }
        rendered.service = service
        return rendered
    }
}
