import Testing

/// Things that go wrong under the running program, one after another: most of them take the whole
/// machine for a moment.
@Suite("Faults", .serialized)
enum Faults {}
