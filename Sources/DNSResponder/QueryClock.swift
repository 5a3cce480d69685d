internal import Glibc

/// The time of a batch: read when it is first wanted, then kept until the next batch.
struct QueryClock {
    private var unixSeconds: UInt32 = 0
    private var monotonicMilliseconds: UInt32 = 0
    private var isRead = false
    /// Stands still for tests.
    private var isFixed = false

    init() {}

    init(fixedSeconds: UInt32, milliseconds: UInt32) {
        unixSeconds = fixedSeconds
        monotonicMilliseconds = milliseconds
        isRead = true
        isFixed = true
    }

    @inline(__always)
    mutating func beginBatch() { isRead = isFixed }

    /// Unix time, in the bits that cookies have for it.
    mutating func seconds() -> UInt32 {
        if !isRead { read() }
        return unixSeconds
    }

    /// A time that only runs forward, and wraps.
    mutating func milliseconds() -> UInt32 {
        if !isRead { read() }
        return monotonicMilliseconds
    }

    @inline(never)
    private mutating func read() {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME_COARSE, &time)
        unixSeconds = UInt32(truncatingIfNeeded: time.tv_sec)
        unsafe clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
        monotonicMilliseconds = UInt32(
            truncatingIfNeeded: time.tv_sec * 1000 + time.tv_nsec / 1_000_000
        )
        isRead = true
    }
}
