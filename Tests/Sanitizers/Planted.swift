// Faults on purpose, one a word: run.sh looks whether the sanitizers see those, and nothing where there is none.

import Glibc
import Synchronization

/// What two threads share.
///
/// Nothing guards `bare` but who takes `key` before.
final class Shared: @unchecked Sendable {
    var bare = 0
    let key = Mutex(())
    private let arrived = Atomic(0)

    /// Waits for the other thread, and orders nothing.
    func meet(_ count: Int) {
        arrived.wrappingAdd(1, ordering: .relaxed)
        while arrived.load(ordering: .relaxed) < count { sched_yield() }
    }
}

final class Work {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

let shared = Shared()

/// Runs `step` often in two threads that both live until both are done: of a thread that has ended the sanitizer forgets what it did.
func inTwoThreads(_ step: @escaping @Sendable () -> Void) {
    let work = Work {
        shared.meet(2)
        for _ in 0..<20_000 { step() }
        shared.meet(4)
    }
    let threads = (0..<2).map { _ in
        var thread = pthread_t()
        let argument = Unmanaged.passRetained(work).toOpaque()
        pthread_create(
            &thread,
            nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            },
            argument
        )
        return thread
    }
    for thread in threads { pthread_join(thread, nil) }
    print(shared.bare)
}

switch CommandLine.arguments.last {
case "race":
    inTwoThreads {
        shared.bare += 1
        sched_yield()
    }
case "race-beside-lock":
    inTwoThreads {
        shared.bare += 1
        _ = shared.key.withLock { _ in sched_yield() }
    }
case "guarded":
    inTwoThreads { shared.key.withLock { _ in shared.bare += 1 } }
case "overrun":
    let buffer = UnsafeMutablePointer<Int>.allocate(capacity: 4)
    buffer.initialize(repeating: 0, count: 4)
    print(buffer[CommandLine.arguments.count + 2])
    buffer.deallocate()
case "leak":
    for number in 0..<100 {
        UnsafeMutablePointer<Int>.allocate(capacity: 4).initialize(to: number)
    }
case "clean":
    let buffer = UnsafeMutablePointer<Int>.allocate(capacity: 4)
    buffer.initialize(repeating: 0, count: 4)
    print(buffer[CommandLine.arguments.count])
    buffer.deallocate()
default:
    exit(3)
}
