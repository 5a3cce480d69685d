internal import ServiceCatalog

/// Policies: `acl/policy/…` and `acl/policies`.
extension ConsulAPI {
    private static let policyNameMax = 128

    /// `GET acl/policies`: all, without their rules.
    func accessPolicies(_ request: ConsulRequest) throws(APIError) -> ConsulReply {
        let (stored, index) = context.keeper.read { ($0.accessPolicies, $0.accessPoliciesIndex) }
        let all = (AccessPolicy.builtIn + stored).sorted { $0.name < $1.name }
        var reply = ConsulReply.json(for: request, capacity: 256 * all.count) { writer in
            writer.beginArray()
            for policy in all { writer.accessPolicy(policy, showsRules: false) }
            writer.endArray()
        }
        reply.headers.append(contentsOf: try options(of: request).headers(index: index))
        return reply
    }

    /// `GET acl/policy/:id`, and `acl/policy/name/:name`.
    func accessPolicy(_ request: ConsulRequest) throws(APIError) -> ConsulReply {
        let id = try request.requiredName("policy ID")
        let name = id.hasPrefix("name/") ? String(id.dropFirst("name/".count)) : nil
        let (found, index) = context.keeper.read { catalog in
            let found =
                name.map { policy(named: $0, catalog) } ?? policy(id: id, catalog)
            return (found, catalog.accessPoliciesIndex)
        }
        guard let found else { throw APIError(AccessDenial.unknownToken) }
        var reply = ConsulReply.json(for: request) {
            $0.accessPolicy(found, showsRules: true)
        }
        reply.headers.append(contentsOf: try options(of: request).headers(index: index))
        return reply
    }

    /// A policy that is always there, or a stored one.
    func policy(id: String, _ catalog: borrowing Catalog) -> AccessPolicy? {
        AccessPolicy.builtIn(id: id) ?? catalog.accessPolicy(id: id)
    }

    func policy(named name: String, _ catalog: borrowing Catalog) -> AccessPolicy? {
        AccessPolicy.builtIn(name: name) ?? catalog.accessPolicy(name: name)
    }

    /// `PUT acl/policy` makes one, `PUT acl/policy/:id` changes one.
    func setAccessPolicy(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        let body = try request.decode { bytes throws(JSONReadError) in
            try PolicyBody(body: bytes)
        }
        let policy = try policy(of: body, id: request.name)
        try await append(.setAccessPolicy(policy)) { rejection in
            guard case .accessPolicyNameTaken(let name) = rejection else { return nil }
            return APIError(
                .serverFault,
                "Invalid Policy: A Policy with Name \"\(name)\" already exists"
            )
        }
        let written = context.keeper.read { $0.accessPolicy(id: policy.id) } ?? policy
        return .json(for: request) { $0.accessPolicy(written, showsRules: true) }
    }

    private func policy(of body: PolicyBody, id: String) throws(APIError) -> AccessPolicy {
        if id.isEmpty, !body.id.isEmpty {
            throw APIError(.badRequest, "Cannot specify the ID when creating a new policy")
        }
        if !id.isEmpty, !body.id.isEmpty, body.id.lowercased() != id.lowercased() {
            throw APIError(.badRequest, "Policy ID in URL and payload do not match")
        }
        if !id.isEmpty {
            guard AccessPolicy.builtIn(id: id) == nil else {
                throw APIError(
                    .forbidden,
                    "Permission denied: Changing the builtin policies is not permitted"
                )
            }
            guard context.keeper.read({ $0.accessPolicy(id: id) != nil }) else {
                throw APIError(.notFound, "Invalid Policy: there is no policy with ID \"\(id)\"")
            }
        }
        guard Self.isPolicyName(body.name), AccessPolicy.builtIn(name: body.name) == nil else {
            throw APIError(
                .badRequest,
                "Invalid Policy: invalid Name \"\(body.name)\": it must have 1 to"
                    + " \(Self.policyNameMax) letters, digits, - and _, at most one /, and must not"
                    + " be that of a builtin policy"
            )
        }
        do {
            _ = try AccessRules(parsing: body.rules)
        } catch {
            throw APIError(.badRequest, "Invalid Policy: failed to parse ACL rules: \(error)")
        }
        return AccessPolicy(
            id: id.isEmpty ? UUIDText.random() : id.lowercased(),
            name: body.name,
            description: body.description.cut(toBytes: context.limits.textBytesMax),
            rules: body.rules,
            datacenters: body.datacenters
        )
    }

    private static func isPolicyName(_ name: String) -> Bool {
        (1...policyNameMax).contains(name.utf8.count)
            && name.utf8.count { $0 == UInt8(ascii: "/") } <= 1
            && name.allSatisfy {
                $0.isASCII && ($0.isLetter || $0.isNumber || "-_/".contains($0))
            }
    }

    /// `DELETE acl/policy/:id`; the tokens that have it lose it.
    func deleteAccessPolicy(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        let id = try request.requiredName("policy ID")
        if let builtIn = AccessPolicy.builtIn(id: id) {
            throw APIError(
                .forbidden,
                "Permission denied: Delete operation not permitted on the builtin"
                    + " \(builtIn.name) policy"
            )
        }
        try await remove(.deleteAccessPolicy(id: id))
        return .json(for: request) { $0.bool(true) }
    }

    /// Appends a removal; what is not there counts as removed.
    func remove(_ change: CatalogChange) async throws(APIError) {
        do {
            try await context.log.append(change)
        } catch .rejected {
            // It is not there, which is what was asked for.
        } catch {
            throw APIError(.unavailable, error.description)
        }
    }
}
