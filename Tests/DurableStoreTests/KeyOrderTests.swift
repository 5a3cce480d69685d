import Testing

@testable import DurableStore

@Suite("Order of keys")
struct KeyOrderTests {
    @Test("by the first part, then by the second, byte by byte")
    func order() {
        let keys = [
            ("b", "1"), ("a", "2"), ("a", "10"), ("", "z"), ("ab", ""), ("a", ""), ("é", "1"),
            ("a", "1"),
        ]
        var order = KeyOrder(capacity: 0)
        for (node, id) in keys { order.add(node, id) }
        let sorted = order.sorted().map { "\(keys[$0].0)/\(keys[$0].1)" }
        #expect(sorted == ["/z", "a/", "a/1", "a/10", "a/2", "ab/", "b/1", "é/1"])
    }
}
