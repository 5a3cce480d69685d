internal import HTTPTypes

extension ConsulRoutes {
    /// `query…`: what a token may see or change depends on the query's name, so handlers ask.
    static let preparedQueries: [Route] = [
        Route(method: .get, path: "query", access: .inHandler) {
            try await $0.preparedQueries($1)
        },
        Route(method: .post, path: "query", access: .inHandler) {
            try await $0.createPreparedQuery($1)
        },
        Route(method: .get, path: "query/", access: .inHandler) {
            try await $0.preparedQueryOrItsResult($1)
        },
        Route(method: .put, path: "query/", access: .inHandler) {
            try await $0.updatePreparedQuery($1)
        },
        Route(method: .delete, path: "query/", access: .inHandler) {
            try await $0.deletePreparedQuery($1)
        },
    ]
}
