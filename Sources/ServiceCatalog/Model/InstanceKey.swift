/// Names one instance: ids are unique on a node only.
package struct InstanceKey: Codable, Hashable, Sendable, Comparable {
    package var node: String
    package var id: String

    package init(node: String, id: String) {
        self.node = node
        self.id = id
    }

    package static func < (left: InstanceKey, right: InstanceKey) -> Bool {
        (left.node, left.id) < (right.node, right.id)
    }
}
