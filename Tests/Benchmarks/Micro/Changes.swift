import DNSResponder
import DNSWire
import ServiceCatalog

/// What a change costs until the next answer says so: apply, compile, publish.
let changes = [
    registration("register", services: 1000, instances: 3),
    registration("register-100k", services: 33_333, instances: 3),
    registration("register-large", services: 1, instances: 10_000),
]

/// One operation registers an instance of its own port and deregisters it again.
private func registration(_ name: String, services: Int, instances: Int) -> MicroBenchmark {
    MicroBenchmark(
        name: name,
        summary: "an instance comes and goes: \(services) services with \(instances) instances"
    ) {
        let registry = try SampleRegistry(services: services, instances: instances)
        let service = services / 2
        var instance = SampleRegistry.instance(services * instances, of: service)
        let asked = "\(SampleRegistry.service(service)).service.consul"
        let query = try SampleRegistry.query(asked, .srv, edns: true)
        return { times in
            for time in 0..<times {
                instance.port = 9000 + time % 1000
                try registry.apply(.register(Registration(instance: instance)))
                try registry.apply(.deregisterInstance(instance.key, onlyIf: nil))
            }
            guard registry.server.serve(query, times: 1) > query.count else {
                throw WrongResult(description: "\(asked) has no answer")
            }
        }
    }
}
