import Foundation
import Synchronization

/// Memory, threads and descriptors of a process, sampled.
final class ResourceSamples: Sendable {
    struct Sample: Sendable {
        var seconds: Double
        var residentKilobytes: Int
        var threads: Int
        var descriptors: Int
    }

    private let samples = Mutex<[Sample]>([])
    private let start = ContinuousClock.now

    var all: [Sample] { samples.withLock { $0 } }

    static func descriptors(of pid: Int32) -> Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count) ?? 0
    }

    func take(of pid: Int32) {
        guard let status = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        else { return }
        func number(_ key: String) -> Int? {
            status.split(separator: "\n").first { $0.hasPrefix(key) }
                .flatMap { Int($0.filter(\.isNumber)) }
        }
        guard let resident = number("VmRSS:"), let threads = number("Threads:") else { return }
        let sample = Sample(
            seconds: (ContinuousClock.now - start) / .seconds(1),
            residentKilobytes: resident,
            threads: threads,
            descriptors: Self.descriptors(of: pid)
        )
        samples.withLock { $0.append(sample) }
    }

    /// The samples of the last three quarters of `length`.
    func late(of length: Double) -> [Sample] { all.filter { $0.seconds >= length / 4 } }

    /// By how many kilobytes memory grew over these samples, by a straight line fitted through all.
    static func growth(_ samples: [Sample]) -> Double {
        guard samples.count > 2, let first = samples.first, let last = samples.last else {
            return 0
        }
        let count = Double(samples.count)
        let meanTime = samples.reduce(0) { $0 + $1.seconds } / count
        let meanSize = samples.reduce(0) { $0 + Double($1.residentKilobytes) } / count
        var above = 0.0
        var below = 0.0
        for sample in samples {
            above += (sample.seconds - meanTime) * (Double(sample.residentKilobytes) - meanSize)
            below += (sample.seconds - meanTime) * (sample.seconds - meanTime)
        }
        return below == 0 ? 0 : above / below * (last.seconds - first.seconds)
    }
}
