internal import Glibc

/// The system's words for its error numbers.
enum SystemMessage {
    static func text(_ errorNumber: Int32) -> String {
        // Of glibc, which gives each thread a text of its own.
        unsafe String(cString: strerror(errorNumber))
    }
}
