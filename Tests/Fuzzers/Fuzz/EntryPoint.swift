import Glibc

/// The kinds of input; the names, but for the planted one, are those of the folders in `Corpus` and
/// `FailCases`.
private let fuzzers: [String: any Fuzzer.Type] = [
    "Questions": QuestionFuzzer.self,
    "Streams": StreamFuzzer.self,
    "SlowPath": SlowPathFuzzer.self,
    "ZoneFiles": ZoneFileFuzzer.self,
    "Messages": MessageFuzzer.self,
    "UpstreamAnswers": UpstreamAnswerFuzzer.self,
    "NativeBodies": NativeBodyFuzzer.self,
    "ConsulBodies": ConsulBodyFuzzer.self,
    "Filters": FilterFuzzer.self,
    "Patterns": PatternFuzzer.self,
    "Templates": TemplateFuzzer.self,
    "AccessRules": AccessRulesFuzzer.self,
    "Texts": TextFuzzer.self,
    "StoredRows": StoredRowFuzzer.self,
    "SnapshotFiles": SnapshotFileFuzzer.self,
    "StoredSnapshots": StoredSnapshotFuzzer.self,
    "ProbeAnswers": ProbeAnswerFuzzer.self,
    "Planted": PlantedFuzzer.self,
]

/// The one that the variable FUZZER names: one program holds all, for linking takes longest.
// SAFETY: libFuzzer calls from one thread only.
nonisolated(unsafe) private let chosen: any Fuzzer = {
    let name = unsafe getenv("FUZZER").map { unsafe String(cString: $0) } ?? ""
    guard let fuzzer = fuzzers[name] else {
        print("FUZZER must be one of: \(fuzzers.keys.sorted().joined(separator: " "))")
        exit(2)
    }
    return fuzzer.init()
}()

/// What libFuzzer calls first: the set-up takes longer than an input may.
@_cdecl("LLVMFuzzerInitialize")
package func initializeFuzzer(
    _ count: UnsafeMutablePointer<CInt>?,
    _ arguments: UnsafeMutableRawPointer?
) -> CInt {
    _ = unsafe chosen
    return 0
}

/// What libFuzzer calls with each input.
@_cdecl("LLVMFuzzerTestOneInput")
package func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    unsafe chosen.run(Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
}
