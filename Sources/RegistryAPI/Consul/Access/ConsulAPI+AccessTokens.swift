internal import ServiceCatalog

/// Tokens: `acl/token/…` and `acl/tokens`.
extension ConsulAPI {
    private static let lifeMilliseconds = 60_000...86_400_000

    /// `GET acl/tokens`, all or with `?policy=` those that have a policy.
    func accessTokens(_ request: ConsulRequest) throws(APIError) -> ConsulReply {
        let policyID = request.query.first("policy") ?? ""
        let hidesSecrets = !request.authorizer.allows(.accessWrite)
        let now = context.access.now()
        let (tokens, index) = context.keeper.read { catalog in
            let all = catalog.accessTokens
            let anonymous = all.contains(where: \.isAnonymous) ? [] : [AccessToken.anonymous]
            let shown = (anonymous + all).filter { token in
                !token.isExpired(at: now)
                    && (policyID.isEmpty || token.policyIDs.contains(policyID))
            }
            return (
                shown.map { ($0, policies(of: $0, catalog)) }, catalog.accessTokensIndex
            )
        }
        var reply = ConsulReply.json(for: request, capacity: 512 * tokens.count) { writer in
            writer.beginArray()
            for (token, policies) in tokens {
                writer.accessToken(token, policies: policies, hidesSecret: hidesSecrets)
            }
            writer.endArray()
        }
        reply.headers.append(contentsOf: try options(of: request).headers(index: index))
        return reply
    }

    /// The policies of a token that exist.
    private func policies(of token: AccessToken, _ catalog: borrowing Catalog) -> [AccessPolicy] {
        token.policyIDs.compactMap { policy(id: $0, catalog) }
    }

    /// `GET acl/token/:accessor`, and `acl/token/self` for the token of the request.
    func accessToken(_ request: ConsulRequest) throws(APIError) -> ConsulReply {
        let id = try request.requiredName("token ID")
        let isOwn = id == "self"
        if !isOwn { try request.authorizer.require(.accessRead) }
        let accessorID = isOwn ? request.authorizer.accessorID : id
        return try answer(
            request,
            about: accessorID,
            hidesSecret: !isOwn && !request.authorizer.allows(.accessWrite)
        )
    }

    /// Shows a token as it is in the catalog now.
    private func answer(
        _ request: ConsulRequest,
        about accessorID: String,
        hidesSecret: Bool = false,
        repeatsSecret: Bool = false
    ) throws(APIError) -> ConsulReply {
        let (found, policies, index) = context.keeper.read { catalog in
            let found = token(accessorID: accessorID, catalog)
            let policies = found.map { self.policies(of: $0, catalog) } ?? []
            return (found, policies, catalog.accessTokensIndex)
        }
        guard let found else { throw APIError(AccessDenial.unknownToken) }
        var reply = ConsulReply.json(for: request) {
            $0.accessToken(
                found,
                policies: policies,
                hidesSecret: hidesSecret,
                repeatsSecret: repeatsSecret
            )
        }
        if request.body.isEmpty {
            reply.headers.append(contentsOf: try options(of: request).headers(index: index))
        }
        return reply
    }

    private func token(
        accessorID: String,
        _ catalog: borrowing Catalog
    ) -> AccessToken? {
        let found =
            catalog.accessToken(accessorID: accessorID)
            ?? (AccessToken.anonymous.accessorID == accessorID ? .anonymous : nil)
        return found.flatMap { $0.isExpired(at: context.access.now()) ? nil : $0 }
    }

    /// `PUT acl/token` makes one, `PUT acl/token/:accessor` changes one,
    /// `PUT acl/token/:accessor/clone` makes one like another.
    func setAccessToken(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        let body = try request.decode { bytes throws(JSONReadError) in
            try TokenBody(body: bytes.isEmpty ? Array("{}".utf8) : bytes)
        }
        try await removeExpiredTokens()
        let token: AccessToken
        if request.name.hasSuffix("/clone") {
            token = try clone(of: String(request.name.dropLast("/clone".count)), body)
        } else if request.name.isEmpty {
            token = try newToken(of: body)
        } else {
            token = try changedToken(request.name, body)
        }
        try await append(.setAccessToken(token)) { rejection in
            guard case .accessTokenTaken = rejection else { return nil }
            return APIError(.badRequest, "Invalid Token: the SecretID is already in use")
        }
        return try answer(request, about: token.accessorID)
    }

    private func newToken(of body: TokenBody) throws(APIError) -> AccessToken {
        for (id, field) in [(body.accessorID, "AccessorID"), (body.secretID, "SecretID")] {
            guard id.isEmpty || UUIDText.isUUID(id) else {
                throw APIError(.badRequest, "Invalid Token: \(field) must be a UUID")
            }
        }
        let accessorID = body.accessorID.lowercased()
        guard !accessorID.hasPrefix("00000000-0000-0000-0000-") else {
            throw APIError(.badRequest, "Invalid Token: the AccessorID is reserved")
        }
        guard context.keeper.read({ $0.accessToken(accessorID: accessorID) == nil }) else {
            throw APIError(.badRequest, "Invalid Token: the AccessorID is already in use")
        }
        let now = context.access.now()
        var token = AccessToken(
            accessorID: accessorID.isEmpty ? UUIDText.random() : accessorID,
            secretID: body.secretID.isEmpty ? UUIDText.random() : body.secretID,
            createTimeMilliseconds: now,
            expirationTimeMilliseconds: try expiration(of: body, now: now)
        )
        token.isLocal = body.isLocal
        try fill(&token, with: body)
        return token
    }

    private func changedToken(
        _ accessorID: String,
        _ body: TokenBody
    ) throws(APIError) -> AccessToken {
        guard body.accessorID.isEmpty || body.accessorID.lowercased() == accessorID.lowercased()
        else {
            throw APIError(
                .badRequest,
                "Token Accessor ID in URL and payload do not match"
            )
        }
        guard var token = context.keeper.read({ token(accessorID: accessorID, $0) }) else {
            throw APIError(AccessDenial.unknownToken)
        }
        guard body.secretID.isEmpty || body.secretID == token.secretID else {
            throw APIError(.badRequest, "Changing a token's SecretID is not permitted")
        }
        try fill(&token, with: body)
        if token.isAnonymous, token.isManagement {
            throw APIError(.badRequest, "Invalid Token: the anonymous token cannot manage")
        }
        return token
    }

    private func clone(of accessorID: String, _ body: TokenBody) throws(APIError) -> AccessToken {
        guard var token = context.keeper.read({ token(accessorID: accessorID, $0) }) else {
            throw APIError(AccessDenial.unknownToken)
        }
        guard !token.isAnonymous else {
            throw APIError(
                .forbidden,
                "Permission denied: Clone operation not permitted on the anonymous token"
            )
        }
        token.accessorID = UUIDText.random()
        token.secretID = UUIDText.random()
        token.createTimeMilliseconds = context.access.now()
        if !body.description.isEmpty { token.description = body.description }
        return token
    }

    /// `DELETE acl/token/:accessor`.
    func deleteAccessToken(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        let id = try request.requiredName("token ID")
        guard id != Authorizer.anonymousAccessorID else {
            throw APIError(
                .forbidden,
                "Permission denied: Delete operation not permitted on the anonymous token"
            )
        }
        guard id.lowercased() != request.authorizer.accessorID else {
            throw APIError(
                .forbidden,
                "Permission denied: Deletion of the request's authorization token is not permitted"
            )
        }
        try await remove(.deleteAccessToken(accessorID: id))
        return .json(for: request) { $0.bool(true) }
    }

    /// `PUT acl/bootstrap`: the first management token, as long as there is no token at all.
    func bootstrapAccess(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        let body = try request.decode { bytes throws(JSONReadError) in
            try BootstrapBody(body: bytes)
        }
        guard body.secret.isEmpty || UUIDText.isUUID(body.secret) else {
            throw APIError(.badRequest, "Invalid BootstrapSecret: it must be a UUID")
        }
        let token = AccessToken.management(
            secretID: body.secret.isEmpty ? UUIDText.random() : body.secret,
            accessorID: UUIDText.random(),
            description: "Bootstrap Token (Global Management)",
            now: context.access.now()
        )
        guard context.access.beginBootstrap() else { throw Self.bootstrapDone(index: 0) }
        defer { context.access.endBootstrap() }
        let (isDone, index) = context.keeper.read { catalog in
            let isDone = catalog.accessTokens.contains { !$0.isAnonymous }
            return (isDone, catalog.accessTokensIndex)
        }
        guard !isDone else { throw Self.bootstrapDone(index: index) }
        try await append(.setAccessToken(token))
        return try answer(request, about: token.accessorID, repeatsSecret: true)
    }

    private static func bootstrapDone(index: CatalogIndex) -> APIError {
        APIError(
            .forbidden,
            "Permission denied: ACL bootstrap no longer allowed (reset index: \(index))"
        )
    }
}

// MARK: - What a body means

extension ConsulAPI {
    private func fill(_ token: inout AccessToken, with body: TokenBody) throws(APIError) {
        token.description = body.description.cut(toBytes: context.limits.textBytesMax)
        token.policyIDs = []
        for link in body.policies {
            let found = context.keeper.read { catalog in
                link.id.isEmpty ? policy(named: link.name, catalog) : policy(id: link.id, catalog)
            }
            guard let found else {
                throw APIError(
                    .badRequest,
                    link.id.isEmpty
                        ? "No such ACL policy with name \"\(link.name)\""
                        : "No such ACL policy with ID \"\(link.id)\""
                )
            }
            if !token.policyIDs.contains(found.id) { token.policyIDs.append(found.id) }
        }
        token.isManagement = token.policyIDs.contains(AccessPolicy.managementID)
        token.serviceIdentities = try templates(body.serviceIdentities, .service)
        token.nodeIdentities = try templates(body.nodeIdentities, .node)
        token.templatedPolicies = try templates(body.templatedPolicies, nil)
    }

    private func templates(
        _ bodies: [TokenBody.Template],
        _ given: TemplatedPolicy.Template?
    ) throws(APIError) -> [TemplatedPolicy] {
        var policies: [TemplatedPolicy] = []
        for body in bodies {
            guard let template = given ?? TemplatedPolicy.Template(rawValue: body.name) else {
                let known = TemplatedPolicy.Template.allCases.map(\.rawValue)
                throw APIError(
                    .badRequest,
                    "Invalid Token: templated policy \"\(body.name)\" does not exist here, only"
                        + " \(known.joined(separator: ", "))"
                )
            }
            guard template.takesName != body.variable.isEmpty else {
                throw APIError(
                    .badRequest,
                    template.takesName
                        ? "Invalid Token: \(template.rawValue) must have a name"
                        : "Invalid Token: \(template.rawValue) has no variables"
                )
            }
            policies.append(
                TemplatedPolicy(template, name: body.variable, datacenters: body.datacenters)
            )
        }
        return policies
    }

    /// When a new token ends; nil: never.
    private func expiration(of body: TokenBody, now: Int) throws(APIError) -> Int? {
        var expiration: Int?
        if !body.expirationTime.isEmpty {
            guard let time = Timestamp.milliseconds(body.expirationTime) else {
                throw APIError(
                    .badRequest,
                    "Invalid Token: ExpirationTime must be like 2030-01-31T12:00:00Z"
                )
            }
            expiration = time
        }
        if body.expirationMilliseconds != 0 {
            guard expiration == nil else {
                throw APIError(
                    .badRequest,
                    "Invalid Token: ExpirationTTL and ExpirationTime exclude each other"
                )
            }
            expiration = now.addingReportingOverflow(body.expirationMilliseconds).partialValue
        }
        guard let expiration else { return nil }
        guard
            Self.lifeMilliseconds.contains(
                expiration.subtractingReportingOverflow(now).partialValue
            )
        else {
            throw APIError(
                .badRequest,
                "Invalid Token: it must expire between 1m0s and 24h0m0s from now"
            )
        }
        return expiration
    }

    /// Expired tokens are worth nothing already; a few are removed whenever others are written.
    private func removeExpiredTokens() async throws(APIError) {
        let now = context.access.now()
        let expired = context.keeper.read { catalog in
            catalog.accessTokens.lazy.filter { $0.isExpired(at: now) }.prefix(16)
                .map(\.accessorID)
        }
        for id in expired { try await remove(.deleteAccessToken(accessorID: id)) }
    }
}

extension AccessToken {
    fileprivate func isExpired(at now: Int) -> Bool {
        expirationTimeMilliseconds.map { $0 <= now } ?? false
    }
}
