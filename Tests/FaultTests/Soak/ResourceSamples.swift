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

    /// The medians of a value over the first and over the last third of samples.
    static func thirds(_ samples: [Sample], _ value: (Sample) -> Int) -> (first: Int, last: Int) {
        func median(_ part: ArraySlice<Sample>) -> Int {
            let sorted = part.map(value).sorted()
            return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
        }
        let count = samples.count / 3
        return (median(samples.prefix(count)), median(samples.suffix(count)))
    }
}
