internal import ServiceCatalog

extension JSONWriter {
    /// A policy as its endpoints show it; lists leave the rules out.
    mutating func accessPolicy(_ policy: AccessPolicy, showsRules: Bool) {
        beginObject()
        field("ID", policy.id)
        field("Name", policy.name)
        field("Description", policy.description)
        if showsRules { field("Rules", policy.rules) }
        if !policy.datacenters.isEmpty {
            field("Datacenters", policy.datacenters)
        } else if !showsRules {
            key("Datacenters")
            null()
        }
        field("CreateIndex", policy.createIndex)
        field("ModifyIndex", policy.modifyIndex)
        endObject()
    }

    /// A token as its endpoints show it.
    ///
    /// - Parameters:
    ///   - policies: those of the token that exist.
    ///   - hidesSecret: for who may read tokens but not change them.
    ///   - repeatsSecret: bootstrap has it as `ID` too, for old clients.
    mutating func accessToken(
        _ token: AccessToken,
        policies: [AccessPolicy],
        hidesSecret: Bool,
        repeatsSecret: Bool = false
    ) {
        beginObject()
        if repeatsSecret { field("ID", token.secretID) }
        field("AccessorID", token.accessorID)
        field("SecretID", hidesSecret ? "<hidden>" : token.secretID)
        field("Description", token.description)
        if !policies.isEmpty {
            key("Policies")
            beginArray()
            for policy in policies {
                beginObject()
                field("ID", policy.id)
                field("Name", policy.name)
                endObject()
            }
            endArray()
        }
        identities(token)
        field("Local", token.isLocal)
        if let expiration = token.expirationTimeMilliseconds {
            field("ExpirationTime", Timestamp.format(milliseconds: expiration))
        }
        field("CreateTime", Timestamp.format(milliseconds: token.createTimeMilliseconds))
        field("CreateIndex", token.createIndex)
        field("ModifyIndex", token.modifyIndex)
        endObject()
    }

    private mutating func identities(_ token: AccessToken) {
        list("ServiceIdentities", token.serviceIdentities) { writer, identity in
            writer.field("ServiceName", identity.name)
            if !identity.datacenters.isEmpty { writer.field("Datacenters", identity.datacenters) }
        }
        list("NodeIdentities", token.nodeIdentities) { writer, identity in
            writer.field("NodeName", identity.name)
            writer.field("Datacenter", identity.datacenters.first ?? "")
        }
        list("TemplatedPolicies", token.templatedPolicies) { writer, policy in
            writer.field("TemplateName", policy.template.rawValue)
            if policy.template.takesName {
                writer.field("TemplateVariables", ["Name": policy.name], whenEmpty: "{}")
            }
            if !policy.datacenters.isEmpty { writer.field("Datacenters", policy.datacenters) }
        }
    }

    /// A list of objects; nothing without any.
    private mutating func list(
        _ name: String,
        _ policies: [TemplatedPolicy],
        _ write: (inout JSONWriter, TemplatedPolicy) -> Void
    ) {
        guard !policies.isEmpty else { return }
        key(name)
        beginArray()
        for policy in policies {
            beginObject()
            write(&self, policy)
            endObject()
        }
        endArray()
    }
}
