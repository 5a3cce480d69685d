/// The memory that all TCP connections of a worker read into and write replies to, in turn.
///
/// *Why:* a connection that has nothing half done owns no buffer, so that thousands of idle ones
/// cost little, and one that is busy allocates nothing.
@safe struct StreamBuffers: ~Copyable {
    /// Room for the longest message with its length, then slack for whole-word loads.
    let input: UnsafeMutablePointer<UInt8>
    /// Room for `outputBytesMax` and one more reply with its length.
    let output: UnsafeMutablePointer<UInt8>

    static let lengthBytes = 2
    static let inputBytes = lengthBytes + QueryServer.replyBytesMax
    /// With more replies than this they are written before the next query is served.
    static let outputBytesMax = 64 << 10
    private static let slackBytes = 64

    init() {
        let outputBytes = Self.outputBytesMax + Self.lengthBytes + QueryServer.replyBytesMax
        unsafe input = .allocate(capacity: Self.inputBytes + Self.slackBytes)
        unsafe input.initialize(repeating: 0, count: Self.inputBytes + Self.slackBytes)
        unsafe output = .allocate(capacity: outputBytes)
        unsafe output.initialize(repeating: 0, count: outputBytes)
    }

    deinit {
        unsafe input.deallocate()
        unsafe output.deallocate()
    }
}
