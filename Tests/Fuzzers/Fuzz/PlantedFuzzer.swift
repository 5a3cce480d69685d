/// What every run must find first: a read behind the end of a buffer, after four bytes that only
/// coverage leads to.
final class PlantedFuzzer: Fuzzer {
    private var steps = 0

    init() {}

    func run(_ bytes: [UInt8]) {
        steps = 0
        for (byte, wanted) in zip(bytes, "trap".utf8) {
            guard step(byte, wanted) else { return }
        }
        guard steps == 4 else { return }
        let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: bytes.count)
        defer { unsafe buffer.deallocate() }
        unsafe buffer.initialize(from: bytes, count: bytes.count)
        print(unsafe buffer[bytes.count])
    }

    private func step(_ byte: UInt8, _ wanted: UInt8) -> Bool {
        guard byte == wanted else { return false }
        switch steps {
        case 0: steps = 1
        case 1: steps = 2
        case 2: steps = 3
        default: steps = 4
        }
        return true
    }
}
