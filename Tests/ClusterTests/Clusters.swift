import Testing

/// Several servers on one etcd, and what breaks there: each test takes the whole machine.
@Suite("Clusters", .serialized)
enum Clusters {}
