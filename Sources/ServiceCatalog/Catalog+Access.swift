// MARK: - Policies

extension Catalog {
    /// All access policies in order of name.
    package var accessPolicies: [AccessPolicy] {
        policyRecords.values.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
    }

    package func accessPolicy(id: String) -> AccessPolicy? { policyRecords[Self.fold(id)] }

    package func accessPolicy(name: String) -> AccessPolicy? {
        policiesByName[name].flatMap { policyRecords[$0] }
    }

    mutating func setAccessPolicy(
        _ new: AccessPolicy,
        _ delta: inout CatalogDelta
    ) throws(CatalogRejection) {
        let key = Self.fold(new.id)
        let old = policyRecords[key]
        if let other = policiesByName[new.name], other != key {
            throw .accessPolicyNameTaken(new.name)
        }
        if old == nil, policyRecords.count >= limits.accessPoliciesMax {
            throw .limitReached(what: "access policies", limit: limits.accessPoliciesMax)
        }
        var policy = new
        policy.createIndex = old?.createIndex ?? delta.index
        if let old, policy.hasSameContent(as: old) { return }
        policy.modifyIndex = delta.index
        if let old { policiesByName.remove(old.name) }
        policiesByName.set(policy.name, key)
        policyRecords.set(key, policy)
        delta.note(.accessPolicy(old: old, new: policy))
    }

    mutating func deleteAccessPolicy(
        _ id: String,
        _ delta: inout CatalogDelta
    ) throws(CatalogRejection) {
        guard let old = policyRecords.remove(Self.fold(id)) else {
            throw .unknownAccessPolicy(id)
        }
        policiesByName.remove(old.name)
        delta.note(.accessPolicy(old: old, new: nil))
    }
}

// MARK: - Tokens

extension Catalog {
    /// All access tokens in order of accessor id.
    package var accessTokens: [AccessToken] {
        tokenRecords.values.sorted { $0.accessorID < $1.accessorID }
    }

    package func accessToken(accessorID: String) -> AccessToken? {
        tokenRecords[Self.fold(accessorID)]
    }

    package func accessToken(secretID: String) -> AccessToken? {
        tokensBySecret[secretID].flatMap { tokenRecords[$0] }
    }

    mutating func setAccessToken(
        _ new: AccessToken,
        _ delta: inout CatalogDelta
    ) throws(CatalogRejection) {
        let key = Self.fold(new.accessorID)
        let old = tokenRecords[key]
        if let other = tokensBySecret[new.secretID], other != key { throw .accessTokenTaken }
        if old == nil, tokenRecords.count >= limits.accessTokensMax {
            throw .limitReached(what: "access tokens", limit: limits.accessTokensMax)
        }
        var token = new
        token.createIndex = old?.createIndex ?? delta.index
        if let old, token.hasSameContent(as: old) { return }
        token.modifyIndex = delta.index
        if let old { tokensBySecret.remove(old.secretID) }
        tokensBySecret.set(token.secretID, key)
        tokenRecords.set(key, token)
        delta.note(.accessToken(old: old, new: token))
    }

    mutating func deleteAccessToken(
        _ id: String,
        _ delta: inout CatalogDelta
    ) throws(CatalogRejection) {
        guard let old = tokenRecords.remove(Self.fold(id)) else {
            throw .unknownAccessToken(id)
        }
        tokensBySecret.remove(old.secretID)
        delta.note(.accessToken(old: old, new: nil))
    }
}
