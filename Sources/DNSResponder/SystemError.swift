internal import Glibc

/// The error numbers that are told apart; the C functions return them negated.
enum SystemError {
    static let wouldBlock = EAGAIN
    static let descriptorsOfProcess = EMFILE
    static let descriptorsOfSystem = ENFILE
}

/// The system's text for a negated error number.
func reason(_ status: Int32) -> String {
    unsafe String(cString: strerror(-status))
}
