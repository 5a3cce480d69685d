/// One kind of input: takes any bytes, and stops the program when something about them is wrong.
protocol Fuzzer: AnyObject, SendableMetatype {
    init()
    func run(_ bytes: [UInt8])
}

/// Stops the program, so that the input is saved, unless `condition` holds.
func expect(_ condition: Bool, _ message: @autoclosure () -> String) {
    guard condition else { fatalError(message()) }
}

/// A value that must be there.
func require<Value>(_ value: Value?, _ message: @autoclosure () -> String) -> Value {
    guard let value else { fatalError(message()) }
    return value
}

extension [UInt8] {
    /// Takes the first byte, which chooses what is done with the rest; 0 at the end.
    mutating func takeByte() -> UInt8 {
        isEmpty ? 0 : removeFirst()
    }

    /// The parts between bytes 0.
    func parts(_ countMax: Int) -> [ArraySlice<UInt8>] {
        split(separator: 0, maxSplits: countMax - 1, omittingEmptySubsequences: false)
    }
}

extension String {
    /// The bytes as text; what is no UTF-8 is replaced, as nothing else reaches the readers of text.
    init(_ bytes: some Collection<UInt8>) {
        self.init(decoding: bytes, as: UTF8.self)
    }
}
