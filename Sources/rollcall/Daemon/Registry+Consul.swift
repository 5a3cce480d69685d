internal import DurableStore
internal import Foundation
internal import ServiceCatalog

extension Registry {
    /// The name of the fact that remembers what configuration files registered.
    private static let configuredFact = "consul-configured"

    /// Registers the services and checks of Consul's configuration files, and removes those that an
    /// earlier version of the files had.
    func registerConfigured(_ registrations: [Registration]) async throws {
        var current = Configured()
        for registration in registrations {
            try await log.append(.register(registration))
            current.instances += [registration.instance?.key].compactMap { $0 }
            // The checks of a service come and go with it.
            if registration.instance == nil {
                current.checks += registration.checks.map(\.check.key)
            }
        }
        guard let store else { return }
        let nothing = try Self.text(of: Configured())
        let text = try store.fact(Self.configuredFact) { nothing }
        let previous = try JSONDecoder().decode(Configured.self, from: Data(text.utf8))
        for key in previous.instances where !current.instances.contains(key) {
            try await remove(.deregisterInstance(key, onlyIf: nil))
        }
        for key in previous.checks where !current.checks.contains(key) {
            try await remove(.deregisterCheck(key))
        }
        guard previous != current else { return }
        try store.setFact(Self.configuredFact, try Self.text(of: current))
    }

    private static func text(of configured: Configured) throws -> String {
        String(decoding: try JSONEncoder().encode(configured), as: UTF8.self)
    }

    private func remove(_ change: CatalogChange) async throws(CatalogLogError) {
        do {
            try await log.append(change)
        } catch .rejected {
            // Somebody else has removed it already.
        }
    }
}

/// What configuration files registered.
private struct Configured: Codable, Equatable {
    var instances: [InstanceKey] = []
    var checks: [CheckKey] = []
}
