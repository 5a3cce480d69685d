import ServiceCatalog

/// What a change costs in the catalog alone, by the size of what it goes into.
let catalogChanges = [
    registration("apply", services: 333),
    registration("apply-100k", services: 33_333),
    registration("apply-1m", services: 333_333),
    registration("apply-nodes", services: 33_333, nodes: 1_000),
    registration("apply-large", services: 1, instances: 10_000),
    flip("flip", services: 333),
    flip("flip-100k", services: 33_333),
    flip("flip-large", services: 1, instances: 10_000),
]

/// One operation registers an instance and deregisters it again: two changes.
private func registration(
    _ name: String,
    services: Int,
    instances: Int = 3,
    nodes: Int = 1
) -> MicroBenchmark {
    MicroBenchmark(
        name: name,
        summary: "the catalog alone, an instance comes and goes: \(services) services with"
            + " \(instances) instances on \(nodes) nodes"
    ) {
        let sample = SampleCatalog(services: services, instances: instances, nodes: nodes)
        let keeper = CatalogKeeper(sample.catalog())
        return { times in
            var index = keeper.read { $0.index }
            for time in 0..<times {
                // Everywhere, not in one place that the cache holds.
                let service = time &* 7919 % services
                var instance = sample.instance(time % nodes, of: service)
                instance.id = "\(SampleCatalog.service(service))-new-\(9_000 + time % 1_000)"
                instance.address = "10.255.\(time >> 8 & 255).\(time & 255)"
                let made = CatalogChange.register(Registration(instance: instance))
                let gone = CatalogChange.deregisterInstance(instance.key, onlyIf: nil)
                for change in [made, gone] {
                    index += 1
                    _ = try keeper.apply([change], from: index)[0].get()
                }
            }
            guard keeper.read({ $0.instanceCount }) == services * instances else {
                throw WrongResult(description: "instances are left")
            }
        }
    }
}

/// One operation changes the status of an instance's check.
private func flip(_ name: String, services: Int, instances: Int = 3) -> MicroBenchmark {
    MicroBenchmark(
        name: name,
        summary: "the catalog alone, a check changes its status: \(services) services with"
            + " \(instances) instances"
    ) {
        let sample = SampleCatalog(services: services, instances: instances, nodes: 1)
        let keeper = CatalogKeeper(sample.catalog(withChecks: true))
        return { times in
            var index = keeper.read { $0.index }
            for time in 0..<times {
                let number = time &* 7919 % (services * instances)
                let key = CheckKey(
                    node: sample.node(0),
                    id: sample.instance(number, of: number / instances).id
                )
                let status =
                    keeper.read { $0.check(key)?.status == .passing }
                    ? HealthStatus.critical : .passing
                index += 1
                let change = CatalogChange.checkStatus(key, status, output: "")
                guard try keeper.apply([change], from: index)[0].get().index == index else {
                    throw WrongResult(description: "nothing changed")
                }
            }
        }
    }
}

/// One operation restores one instance of as many, in services of 10.
///
/// Prints what the catalog takes of resident memory and of time for each.
let restores = [
    restore("restore", nodes: { _ in 1 }),
    restore("restore-nodes", nodes: { max(1, $0 / 100) }),
]

private func restore(_ name: String, nodes: @escaping @Sendable (Int) -> Int) -> MicroBenchmark {
    MicroBenchmark(
        name: name,
        summary: "a catalog of COUNT instances, 10 in a service, on \(nodes(1_000_000)) nodes for"
            + " a million, is filled from rows"
    ) {
        { times in
            let sample = SampleCatalog(services: times / 10, instances: 10, nodes: nodes(times))
            let before = ResidentMemory.bytes()
            let clock = ContinuousClock()
            var catalog = Catalog(datacenter: "dc1")
            var contents: CatalogContents? = sample.contents()
            let start = clock.now
            if let contents { catalog.restore(contents, index: 5) }
            let time = clock.now - start
            contents = nil
            guard catalog.instanceCount == times / 10 * 10 else {
                throw WrongResult(description: "instances are missing")
            }
            let bytes = ResidentMemory.bytes() - before
            print(
                "\(name): \(bytes / max(1, times)) bytes and",
                "\(Int((time / max(1, times)) / .nanoseconds(1))) ns an instance"
            )
        }
    }
}
