/// Names one check: ids are unique on a node only.
package struct CheckKey: Codable, Hashable, Sendable, Comparable {
    package var node: String
    package var id: String

    package init(node: String, id: String) {
        self.node = node
        self.id = id
    }

    package static func < (left: CheckKey, right: CheckKey) -> Bool {
        (left.node, left.id) < (right.node, right.id)
    }
}
