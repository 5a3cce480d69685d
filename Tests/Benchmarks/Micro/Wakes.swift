import Glibc
import ServiceCatalog
import Synchronization

/// What a change costs until those who wait for it have been woken, with 10,000 who wait.
let wakes = [
    wake("wake", services: 10_000, summary: "each for a service of its own"),
    wake("wake-all", services: 1, summary: "all for one service"),
]

/// One operation changes a service and waits until all who wait for it are awake and wait again.
private func wake(_ name: String, services: Int, summary: String) -> MicroBenchmark {
    let watchers = 10_000
    return MicroBenchmark(
        name: name,
        summary: "a change wakes those who wait for it, of \(watchers): \(summary)"
    ) {
        let sample = SampleCatalog(services: services, instances: 1, nodes: 1)
        let keeper = CatalogKeeper(sample.catalog())
        let woken = Woken()
        for watcher in 0..<watchers {
            let topic = WatchTopic.service(SampleCatalog.service(watcher % services))
            Task {
                while true {
                    let index = keeper.read { $0.index(of: topic) }
                    await keeper.wait(for: topic, above: index, until: .now + .seconds(600))
                    woken.count.add(1, ordering: .relaxed)
                }
            }
        }
        while keeper.waiterCount < watchers { usleep(1_000) }
        return { times in
            var index = keeper.read { $0.index }
            var latencies: [Duration] = []
            for time in 0..<times {
                let before = woken.count.load(ordering: .relaxed)
                let start = ContinuousClock.now
                var instance = sample.instance(time % services, of: time % services)
                index += 1
                // Another one each time: what changes nothing wakes nobody.
                instance.port = Int(index % 60_000)
                let change = CatalogChange.register(Registration(instance: instance))
                _ = try keeper.apply([change], from: index)[0].get()
                while woken.count.load(ordering: .relaxed) < before + watchers / services {
                    usleep(20)
                }
                latencies.append(.now - start)
                while keeper.waiterCount < watchers { usleep(1_000) }
            }
            latencies.sort()
            guard !latencies.isEmpty else { return }
            let microseconds = [latencies.count / 2, latencies.count * 99 / 100].map {
                Int(latencies[$0] / .microseconds(1))
            }
            print("\(name): p50 \(microseconds[0]) µs, p99 \(microseconds[1]) µs until all woke")
        }
    }
}

private final class Woken: Sendable {
    let count = Atomic(0)
}
