import Foundation
import Glibc

/// What this process has used so far.
struct Usage {
    private var clock: ContinuousClock.Instant
    private var cpuSeconds: Double

    static var now: Usage {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let microseconds = usage.ru_utime.tv_usec + usage.ru_stime.tv_usec
        let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
        return Usage(clock: .now, cpuSeconds: Double(seconds) + Double(microseconds) / 1e6)
    }

    /// The most memory that this process had at once.
    static var peakBytes: Int {
        // `ru_maxrss` begins with that of the parent.
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
        return line.split(separator: " ").compactMap { Int($0) }.first.map { $0 * 1_024 } ?? 0
    }

    /// Prints what was used since.
    func report(_ name: String, _ count: Int, _ unit: String, _ remark: String) {
        let now = Usage.now
        let seconds = (now.clock - clock) / .seconds(1)
        let microseconds = (now.cpuSeconds - cpuSeconds) / Double(count) * 1e6
        print(
            "\(name): \(Int(Double(count) / seconds)) a second, "
                + String(format: "%.2f", microseconds) + " µs of CPU each \(unit)"
                + (remark.isEmpty ? "" : ", \(remark)")
        )
    }
}
