/// Why bytes are no compact form of what they should be.
enum CompactFormError: Error, Hashable, Sendable {
    /// They end where something is still missing.
    case tooShort
    /// Something follows where they should end.
    case tooLong(at: Int)
    /// A later Rollcall wrote them.
    case unknownVersion(UInt8)
    /// No value has this form.
    case invalid(what: String, at: Int)
}

extension CompactFormError: CustomStringConvertible {
    var description: String {
        switch self {
        case .tooShort: "it ends too early"
        case .tooLong(let position): "it should have ended at byte \(position)"
        case .unknownVersion(let version):
            "its form \(version) is newer than this program's \(CompactForm.version)"
        case .invalid(let what, let position): "invalid \(what) before byte \(position)"
        }
    }
}
