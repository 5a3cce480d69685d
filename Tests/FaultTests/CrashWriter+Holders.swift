/// Sessions with their locks, prepared queries, policies and tokens.
extension CrashWriter {
    /// A session is made, takes and gives back locks, and ends.
    ///
    /// A lock's place holds who has it and how often it was taken; when its session ends, all its
    /// locks are given back or removed in the same change.
    func sessionStep(_ slot: Int, _ name: String, _ value: String) -> CrashStep {
        let number = slot % 3
        let session = "s-w\(self.number)-\(number)"
        let place = "session/\(session)"
        let behavior = number == 0 ? "delete" : "release"
        guard known(place) != nil else {
            return CrashStep(
                "PUT",
                "/v1/session/create",
                """
                {"Name": "\(session)", "TTL": "1h", "LockDelay": "0s", "Behavior": "\(behavior)"}
                """,
                [place: behavior]
            ).making(place)
        }
        if Int.random(in: 0..<10) == 0 { return endStep(session, behavior) }
        let key = "lock/w\(self.number)-\(slot % 5)"
        let lock = held(key)
        switch lock?.holder {
        case session? where Bool.random():
            return CrashStep(
                "PUT",
                "/v1/kv/\(key)?release=\(id(place))",
                value,
                ["key/\(key)": value, "held/\(key)": "-|\(lock?.count ?? 0)"]
            )
        case nil, "-"?, session?:
            let count = (lock?.count ?? 0) + (lock?.holder == session ? 0 : 1)
            return CrashStep(
                "PUT",
                "/v1/kv/\(key)?acquire=\(id(place))",
                value,
                ["key/\(key)": value, "held/\(key)": "\(session)|\(count)"]
            )
        default:
            return CrashStep("PUT", "/v1/kv/\(key)?acquire=\(id(place))", value, [:])
                .outcome(.conditionFails)
        }
    }

    /// Who holds the lock on a key, and how often it was taken.
    private func held(_ key: String) -> (holder: String, count: Int)? {
        guard let parts = known("held/\(key)")?.split(separator: "|"), parts.count == 2 else {
            return nil
        }
        return (String(parts[0]), Int(parts[1]) ?? 0)
    }

    private func endStep(_ session: String, _ behavior: String) -> CrashStep {
        var effects: [String: Value] = ["session/\(session)": nil]
        for place in places("held/lock/w\(number)-") {
            let key = String(place.dropFirst("held/".count))
            guard let lock = held(key), lock.holder == session else { continue }
            let after: Value = behavior == "delete" ? nil : "-|\(lock.count)"
            effects[place] = .some(after)
            if behavior == "delete" { effects["key/\(key)"] = .some(nil) }
        }
        let id = id("session/\(session)")
        return CrashStep("PUT", "/v1/session/destroy/\(id)", nil, effects)
    }

    func queryStep(_ slot: Int, _ value: String) -> CrashStep {
        let name = "q-w\(number)-\(slot % 3)"
        let place = "query/\(name)"
        let body = #"{"Name": "\#(name)", "Service": {"Service": "native", "Tags": ["\#(value)"]}}"#
        return step(
            place,
            value,
            make: ("POST", "/v1/query"),
            path: "/v1/query/",
            body
        )
    }

    func policyStep(_ slot: Int, _ value: String) -> CrashStep {
        let name = "p-w\(number)-\(slot % 3)"
        return step(
            "policy/\(name)",
            value,
            make: ("PUT", "/v1/acl/policy"),
            path: "/v1/acl/policy/",
            #"{"Name": "\#(name)", "Description": "\#(value)", "Rules": "key_prefix \"\" { policy = \"read\" }"}"#
        )
    }

    func tokenStep(_ slot: Int, _ value: String) -> CrashStep {
        let name = "a-w\(number)-\(slot % 3)"
        return step(
            "token/\(name)",
            value,
            make: ("PUT", "/v1/acl/token"),
            path: "/v1/acl/token/",
            #"{"Description": "\#(name) \#(value)", "Policies": [{"Name": "global-management"}]}"#
        )
    }

    /// Makes a thing, changes it or removes it.
    private func step(
        _ place: String,
        _ value: String,
        make: (method: String, path: String),
        path: String,
        _ body: String
    ) -> CrashStep {
        guard known(place) != nil else {
            return CrashStep(make.method, make.path, body, [place: value]).making(place)
        }
        if Int.random(in: 0..<3) == 0 {
            return CrashStep("DELETE", path + id(place), nil, [place: nil])
        }
        return CrashStep("PUT", path + id(place), body, [place: value])
    }
}
