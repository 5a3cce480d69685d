import ServiceCatalog

/// Templates of prepared queries: name, expression, text and the name asked for, between bytes 0.
final class TemplateFuzzer: Fuzzer {
    init() {}

    func run(_ bytes: [UInt8]) {
        let parts = bytes.parts(4).map { String($0) }
        guard parts.count == 4, parts[3].utf8.count <= 255 else { return }
        var service = PreparedQuery.Service(service: parts[2])
        service.tags = [parts[2], parts[1]]
        service.failover.datacenters = [parts[2]]
        let query = PreparedQuery(
            id: "f0c1a2b3-0000-4000-8000-000000000001",
            name: parts[0],
            template: PreparedQuery.Template(
                type: PreparedQuery.templateType,
                regexp: parts[1],
                removeEmptyTags: true
            ),
            service: service
        )
        guard let template = try? QueryTemplate(query) else { return }
        let rendered = template.render(parts[3])
        expect(rendered == template.render(parts[3]), "one template, two queries")
        expect(!rendered.service.tags.contains(""), "an empty tag is left")
        _ = try? query.validate(CatalogLimits())
    }
}
