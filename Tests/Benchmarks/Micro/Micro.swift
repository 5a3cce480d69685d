import CCallgrind

/// Runs one micro benchmark: `micro NAME COUNT`.
///
/// Under `valgrind --tool=callgrind --instr-atstart=no` neither the set-up nor the first few
/// operations are counted. What is left of costs that come once goes away when two counts are run
/// and subtracted (`Tests/Benchmarks/instructions.py` does so for all).
@main
enum Micro {
    static let all: [MicroBenchmark] =
        lookUps + spreadLookUps + changes + compiles + catalogChanges + restores + wakes

    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 3, let count = Int(arguments[2]), count >= 0,
            let benchmark = all.first(where: { $0.name == arguments[1] })
        else {
            print("usage: micro NAME COUNT\n")
            for benchmark in all { print("  \(benchmark.name): \(benchmark.summary)") }
            return
        }
        let operation = try benchmark.prepare()
        try operation(min(count, 10))
        callgrind_begin()
        try operation(count)
        callgrind_end()
    }
}
