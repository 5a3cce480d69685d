import ServiceCatalog

@testable import RegistryAPI

/// Filter expressions over a service with everything.
final class FilterFuzzer: Fuzzer {
    private let endpoint: ServiceEndpoint

    init() {
        let check = HealthCheck(
            node: "a",
            id: "c",
            name: "alive",
            status: .passing,
            output: String(repeating: "ab ", count: 30),
            serviceID: "web-1"
        )
        endpoint = ServiceEndpoint(
            node: Node(name: "a", address: "10.0.0.1", datacenter: "dc1", meta: ["os": "linux"]),
            instance: ServiceInstance(
                node: "a",
                id: "web-1",
                service: "web",
                tags: ["v1", "primary"],
                address: "10.0.0.1",
                port: 80,
                meta: ["version": "1", "a b": "c"],
                taggedAddresses: ["lan": ServiceAddress(address: "10.0.0.1", port: 80)]
            ),
            checks: [check]
        )
    }

    func run(_ bytes: [UInt8]) {
        let text = String(bytes)
        judge(text, .health, endpoint)
        judge(text, .serviceNode, endpoint)
        judge(text, .nodeService, endpoint.instance)
        judge(text, .node, endpoint.node)
        judge(text, .check, endpoint.checks[0])
    }

    private func judge<Root: Sendable>(_ text: String, _ schema: FilterSchema<Root>, _ root: Root) {
        do throws(FilterError) {
            let filter = try Filter(text, schema)
            var budget = FilterBudget()
            let first = filter.matches(root, &budget)
            var again = FilterBudget()
            expect(filter.matches(root, &again) == first, "one filter, two answers")
            expect(!budget.isExceeded, "one thing takes a second")
            if let negated = try? Filter("not (\(text))", schema) {
                expect(negated.matches(root, &again) != first, "a filter and its negation agree")
            }
        } catch {
            expect(!"\(error)".isEmpty, "a refusal without a reason")
        }
    }
}
