internal import Foundation
internal import Logging
package import ServiceCatalog

// What this server takes and finds while it is cut off.
extension ClusterNode {
    /// The log for the prober: what it finds counts here also while this server is cut off.
    package var findings: any CatalogLog { Findings(node: self) }

    struct Findings: CatalogLog {
        let node: ClusterNode

        func append(_ change: CatalogChange, then settle: @escaping Settle) {
            node.work.start {
                let results = await append(contentsOf: [change])
                if let result = results.first { settle(result) }
            }
        }

        func append(
            contentsOf changes: [CatalogChange]
        ) async -> [Result<CatalogWrite, CatalogLogError>] {
            guard node.standing.now.cutOff != nil else {
                return await node.log.append(contentsOf: changes) { $0.isRemoval }
            }
            var results: [Result<CatalogWrite, CatalogLogError>] = []
            for change in changes {
                guard case .checkStatus = change else {
                    results.append(.failure(node.log.refusal ?? .overloaded))
                    continue
                }
                guard let result = await node.replica.applyAlone(change) else {
                    results.append(.failure(.overloaded))
                    continue
                }
                results.append(result.mapError { .rejected($0) })
            }
            return results
        }
    }

    /// Keeps what an owner says of its instance on this server's disk, and shows it here.
    fileprivate func takeOffline(
        _ change: CatalogChange
    ) async -> Result<CatalogWrite, CatalogLogError> {
        do {
            let milliseconds = Int64(Date().timeIntervalSince1970 * 1_000)
            guard try offline.take(change, milliseconds: milliseconds) else {
                // It is coming back.
                return .failure(log.refusal ?? .overloaded)
            }
        } catch {
            return .failure(.unavailable(reason: "the change could not be kept: \(error)"))
        }
        standing.change { $0.figures.taken += 1 }
        guard let result = await replica.applyAlone(change) else {
            // It came back meanwhile, and the change with it.
            return .success(CatalogWrite(index: keeper.read { $0.index }))
        }
        return result.mapError { .rejected($0) }
    }
}

// What people and services ask for.
extension ClusterNode: OperatedLog {
    package func append(_ change: CatalogChange, then settle: @escaping Settle) {
        guard takesOffline(change) else {
            log.append(change, then: settle)
            return
        }
        work.start { settle(await self.takeOffline(change)) }
    }

    package func append(
        contentsOf changes: [CatalogChange]
    ) async -> [Result<CatalogWrite, CatalogLogError>] {
        guard changes.contains(where: takesOffline) else {
            return await log.append(contentsOf: changes)
        }
        var results: [Result<CatalogWrite, CatalogLogError>] = []
        for change in changes {
            do throws(CatalogLogError) {
                results.append(.success(try await append(change)))
            } catch {
                results.append(.failure(error))
            }
        }
        return results
    }

    /// True while this server is cut off and takes what owners say of their instances.
    private func takesOffline(_ change: CatalogChange) -> Bool {
        offline.isOpen && OwnerWrites.subject(of: change) != nil
    }

    package var metrics: LogMetrics { log.metrics }

    package var isFull: Bool { log.isFull }

    package func stop() {
        log.stop()
        stopping.ring()
    }
}

extension CatalogChange {
    /// True for what is decided about a thing whose owner said nothing.
    fileprivate var isRemoval: Bool {
        switch self {
        case .deregisterInstance, .endSession, .deregisterNode, .deregisterCheck: true
        default: false
        }
    }
}
