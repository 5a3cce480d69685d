internal import Dispatch
internal import ServiceCatalog
internal import Synchronization

/// Hands what is read from the rows to the thread that files it in the catalog, in order.
///
/// Why: a start has nothing else to do, and reading takes about a third of its time.
final class StoredParts: Sendable {
    /// Some of what is stored.
    enum Part: Sendable {
        case nodes([Node])
        case instances([ServiceInstance])
        case checks([HealthCheck])
        case entries([KeyValueEntry])
        /// Everything that is seldom much.
        case rest(CatalogContents)
        case failed(any Error)
        case end
    }

    /// Parts that wait at once: bounds the memory that they take.
    private static let partsMax = 8

    private let parts: Mutex<[Part]> = Mutex([])
    private let filled = DispatchSemaphore(value: 0)
    private let room = DispatchSemaphore(value: StoredParts.partsMax)

    /// Adds a part; waits while too many wait.
    func put(_ part: Part) {
        room.wait()
        parts.withLock { $0.append(part) }
        filled.signal()
    }

    /// Files all parts in `catalog`, which is empty, as of `index`.
    ///
    /// - Throws: what reading them threw.
    func restore(_ catalog: consuming Catalog, index: CatalogIndex) throws -> Catalog {
        var restoration = CatalogRestoration(of: catalog, index: index)
        while true {
            switch take() {
            case .nodes(let nodes): for node in nodes { restoration.add(node) }
            case .instances(let instances): for instance in instances { restoration.add(instance) }
            case .checks(let checks): for check in checks { restoration.add(check) }
            case .entries(let entries): for entry in entries { restoration.add(entry) }
            case .rest(let contents):
                for session in contents.sessions { restoration.add(session) }
                for query in contents.preparedQueries { restoration.add(query) }
                for policy in contents.accessPolicies { restoration.add(policy) }
                for token in contents.accessTokens { restoration.add(token) }
            case .failed(let error): throw error
            case .end: return restoration.finish()
            }
        }
    }

    private func take() -> Part {
        filled.wait()
        defer { room.signal() }
        return parts.withLock { $0.removeFirst() }
    }
}
