import DurableStore
import Foundation
import Logging
import ServiceCatalog

/// Measures the stored catalog without HTTP and DNS.
///
///     journal append APPENDERS COUNT [TOGETHER]   durable changes, TOGETHER in one call
///     journal load INSTANCES SERVICES             a start with so many instances
///     journal fill FOLDER INSTANCES SERVICES      so many instances into a data folder; tells what
///                                                 is acknowledged, to be killed and started again
///     journal start FOLDER                        a start with what is in a data folder
///
/// CPU seconds count more than those of the clock where others use the machine too.
@main
enum JournalBenchmark {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        let numbers = arguments.dropFirst().compactMap { Int($0) }
        let folder = NSTemporaryDirectory() + "rollcall-journal-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        if arguments.first == "start", let folder = arguments.dropFirst().first {
            return try start(folder)
        }
        if arguments.first == "fill", let folder = arguments.dropFirst().first, numbers.count == 2 {
            return try await fill(folder, instances: numbers[0], services: numbers[1])
        }
        switch (arguments.first, numbers.count) {
        case ("append", 2...3):
            let together = numbers.count == 3 ? numbers[2] : 1
            try await append(folder, appenders: numbers[0], count: numbers[1], together: together)
        case ("load", 2):
            try await load(folder, instances: numbers[0], services: numbers[1])
        default:
            print("usage: journal append APPENDERS COUNT [TOGETHER] | load INSTANCES SERVICES")
        }
    }

    /// What a client that registers itself sends, on one of a hundred nodes.
    static func registration(_ number: Int, services: Int) -> CatalogChange {
        let node = "node-\(number % 100)"
        let id = "instance-\(number)"
        let address = "10.\(number >> 16 & 255).\(number >> 8 & 255).\(number & 255)"
        let check = HealthCheck(
            node: node,
            id: "service:\(id)",
            name: "TTL",
            status: .passing,
            serviceID: id,
            definition: CheckDefinition(probe: .ttl(milliseconds: 30_000))
        )
        return .register(
            Registration(
                node: number < 100
                    ? Node(name: node, address: "10.255.0.\(number)", datacenter: "dc1") : nil,
                instance: ServiceInstance(
                    node: node,
                    id: id,
                    service: "service-\(number % services)",
                    tags: ["v1", "primary"],
                    address: address,
                    port: 8_000 + number % 1_000,
                    meta: ["version": "1.2.3"]
                ),
                checks: [RegisteredCheck(check, keepsStatus: true)]
            )
        )
    }

    private static func withLog(
        _ folder: String,
        _ body: (StandaloneLog, CatalogKeeper) async throws -> Void
    ) async throws {
        let store = try CatalogStore(folder: folder)
        let (catalog, position) = try store.load(datacenter: "dc1", limits: CatalogLimits())
        let keeper = CatalogKeeper(catalog)
        let log = StandaloneLog(
            keeper: keeper,
            store: store,
            position: position,
            logger: Logger(label: "journal")
        )
        async let running: Void = log.run()
        try await body(log, keeper)
        log.stop()
        await running
        try store.close()
    }

    private static func append(
        _ folder: String,
        appenders: Int,
        count: Int,
        together: Int
    ) async throws {
        try await withLog(folder) { log, _ in
            for number in 0..<100 { try await log.append(registration(number, services: 1_000)) }
            let changes = (100..<100 + count).map { registration($0, services: 1_000) }
            let before = Usage.now
            await withTaskGroup(of: Void.self) { group in
                for appender in 0..<appenders {
                    group.addTask {
                        var next = appender * together
                        while next < count {
                            let end = min(next + together, count)
                            if together == 1 {
                                _ = try? await log.append(changes[next])
                            } else {
                                _ = await log.append(contentsOf: Array(changes[next..<end]))
                            }
                            next += appenders * together
                        }
                    }
                }
            }
            let metrics = log.metrics
            let groups = Double(metrics.changes - 100) / Double(metrics.commit.count - 100)
            before.report(
                "append",
                count,
                "change",
                "\(groups.rounded()) changes a commit, " + slowest(metrics.commit)
            )
        }
    }

    private static func fill(_ folder: String, instances: Int, services: Int) async throws {
        try await withLog(folder) { log, _ in
            let before = Usage.now
            for start in stride(from: 0, to: instances, by: 4_096) {
                let end = min(start + 4_096, instances)
                let changes = (start..<end).map { registration($0, services: services) }
                _ = await log.append(contentsOf: changes)
                FileHandle.standardOutput.write(Data("acknowledged: \(end)\n".utf8))
            }
            before.report("fill", instances, "instance", slowest(log.metrics.commit))
        }
    }

    /// Within what time nearly all commits were done, and the slowest one.
    private static func slowest(_ commits: DurationHistogram) -> String {
        func bound(of part: Double) -> String {
            var seen: UInt64 = 0
            for (bound, count) in zip(DurationHistogram.boundsSeconds, commits.counts) {
                seen += count
                if Double(seen) >= Double(commits.count) * part { return "\(bound * 1_000) ms" }
            }
            return "more than 5 s"
        }
        return "99% of commits within \(bound(of: 0.99)), all within \(bound(of: 1))"
    }

    private static func load(_ folder: String, instances: Int, services: Int) async throws {
        try await fill(folder, instances: instances, services: services)
        let size = try FileManager.default.attributesOfItem(atPath: folder + "/rollcall.sqlite")
        print("size: \((size[.size] as? Int ?? 0) / instances) bytes an instance")
        // In a process of its own, so that its peak is that of a start.
        let child = Process()
        child.executableURL = URL(filePath: CommandLine.arguments[0])
        child.arguments = ["start", folder]
        try child.run()
        child.waitUntilExit()
    }

    private static func start(_ folder: String) throws {
        let before = Usage.now
        let empty = Usage.peakBytes
        let store = try CatalogStore(folder: folder)
        let (catalog, _) = try store.load(datacenter: "dc1", limits: CatalogLimits())
        let count = max(catalog.instanceCount, 1)
        let peak = (Usage.peakBytes - empty) / count
        before.report("start", count, "instance", "\(count) of \(peak) bytes each at the peak")
    }
}
