internal import Foundation

/// The instances that a watch has been told of; events go in, states come out.
struct WatchView {
    private struct Key: Hashable, Decodable {
        var node: String
        var id: String
    }

    /// The data of a `change` event.
    private struct Change: Decodable {
        var upserted: [ServiceInstance]
        var removed: [Key]
    }

    private var instances: [Key: ServiceInstance] = [:]

    /// Applies an event; nil for one that says nothing about instances.
    mutating func take(_ event: EventStreamParser.Event) throws(ClientError) -> Watch.State? {
        guard event.name == "state" || event.name == "change" else { return nil }
        guard let index = event.id.flatMap({ UInt64($0) }) else {
            throw ClientError(.badResponse, "an event of the watch has no index")
        }
        do {
            let data = Data(event.data.utf8)
            if event.name == "state" {
                replace(with: try JSONDecoder().decode([ServiceInstance].self, from: data))
            } else {
                apply(try JSONDecoder().decode(Change.self, from: data))
            }
        } catch {
            throw ClientError(.badResponse, "an event of the watch has an unknown form: \(error)")
        }
        return Watch.State(index: index, instances: sorted)
    }

    private mutating func replace(with list: [ServiceInstance]) {
        instances = [:]
        for instance in list { instances[Key(node: instance.node, id: instance.id)] = instance }
    }

    private mutating func apply(_ change: Change) {
        for key in change.removed { instances[key] = nil }
        for instance in change.upserted {
            instances[Key(node: instance.node, id: instance.id)] = instance
        }
    }

    private var sorted: [ServiceInstance] {
        instances.values.sorted { ($0.node, $0.id) < ($1.node, $1.id) }
    }
}
