internal import HTTPTypes
internal import ServiceCatalog

// Keys, sessions, transactions, events, coordinates and the snapshot.
extension ConsulRoutes {
    static let keyValue: [Route] = [
        get("kv/", .inHandler) { try await $0.readKey($1) },
        put("kv/", .inHandler) { try await $0.writeKey($1) },
        Route(method: .delete, path: "kv/", access: .inHandler) { try await $0.deleteKey($1) },
        put("txn", .inHandler) { try await $0.transact($1) },
    ]

    static let sessions: [Route] = [
        put("session/create", .inHandler) { try await $0.createSession($1) },
        put("session/destroy/", .inHandler) { try await $0.destroySession($1) },
        write("session/renew/") { try $0.renewSession($1) },
        get("session/info/", .inHandler) { try await $0.session($1) },
        get("session/node/", .inHandler) { try await $0.sessionsOfNode($1) },
        get("session/list", .inHandler) { try await $0.sessions($1) },
    ]

    private static let management = RouteAccess.requires { _, _ in .accessWrite }

    static let events: [Route] = [
        put("event/fire/", .onName(Permission.eventWrite)) { try $0.fireEvent($1) },
        get("event/list", .inHandler) { try await $0.listEvents($1) },
        get("coordinate/datacenters", .open) { try $0.coordinates($1) },
        get("coordinate/nodes", .open) { try await $0.nodeCoordinates($1) },
        get("coordinate/node/", .open) { try await $0.coordinateOfNode($1) },
        put("coordinate/update", .inHandler) { try $0.updateCoordinate($1) },
        // A snapshot has all secrets: for management tokens alone.
        get("snapshot", management) { try $0.saveSnapshot($1) },
        Route(method: .put, path: "snapshot", access: management, takesSnapshot: true) {
            try await $0.restoreSnapshot($1)
        },
    ]
}
