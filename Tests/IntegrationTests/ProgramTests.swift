import Testing

/// Tests of the running program, one after another: some of them measure time, and the machine is
/// small.
@Suite("The running program", .serialized)
enum ProgramTests {}
