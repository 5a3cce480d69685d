/// Runs one micro benchmark: `micro NAME COUNT`.
///
/// Set-up costs the same for every count: run two counts under `valgrind --tool=callgrind`, and the
/// difference divided by the difference of the counts is the cost of one operation
/// (`Tests/Benchmarks/instructions.py` does so for all).
@main
enum Micro {
    static let all: [MicroBenchmark] =
        lookUps + changes + compiles + catalogChanges + restores + wakes

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
        try operation(count)
    }
}
