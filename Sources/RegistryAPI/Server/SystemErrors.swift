#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// The system's error numbers that have words of their own here.
enum SystemErrors {
    static let addressInUse = EADDRINUSE
    static let permissionDenied = EACCES
    static let addressUnusable = EADDRNOTAVAIL
}
