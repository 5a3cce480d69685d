/// An immutable value on the heap: copies of what holds it cost one retain, whatever it is.
///
/// Why: events, lists and rows copy instances and checks all the time, and change them rarely.
final class SharedValue<Value: Hashable & Sendable>: Hashable, Sendable {
    let value: Value

    init(_ value: Value) { self.value = value }

    static func == (left: SharedValue, right: SharedValue) -> Bool {
        left === right || left.value == right.value
    }

    func hash(into hasher: inout Hasher) { value.hash(into: &hasher) }
}
