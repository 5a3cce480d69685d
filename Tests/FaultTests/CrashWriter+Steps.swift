import Foundation
import TestSupport

/// Registrations, checks, keys, transactions and imports.
extension CrashWriter {
    /// One write of any kind, with `value` in it.
    func mixedStep(value: String, _ connection: HTTPClientConnection) throws -> CrashStep {
        let slot = Int.random(in: 0..<12)
        let name = "w\(number)-\(slot)"
        return switch Int.random(in: 0..<30) {
        case 0...3: registration(slot, name, value)
        case 4...5: agentRegistration(slot, name, value)
        case 6: catalogRegistration(slot, name, value)
        case 7: catalogRemoval(name)
        case 8...9: removal(name, value)
        case 10...11: keyStep(name, value)
        case 12...13: try conditionalStep(name, value, connection)
        case 14...16: transaction(slot, name, value)
        case 17: refusedTransaction(name, value)
        case 18: lines(slot, name, value)
        case 19...22: checkStep(slot, name, value)
        case 23...26: sessionStep(slot, name, value)
        case 27: queryStep(slot, value)
        case 28: policyStep(slot, value)
        default: tokenStep(slot, value)
        }
    }

    /// A registration, or a drain of what was registered.
    func drainStep(value: String) -> CrashStep {
        let slot = Int.random(in: 0..<4)
        let name = "w\(number)-\(slot)"
        guard known("native/\(name)") != nil else { return registration(slot, name, value) }
        return CrashStep(
            "DELETE",
            "/instances/\(name)?drain=true",
            nil,
            ["native/\(name)": nil]
        )
    }

    private func registration(_ slot: Int, _ name: String, _ value: String) -> CrashStep {
        CrashStep(
            "POST",
            "/register",
            """
            {"service": "native", "id": "\(name)", "host": "10.1.\(number).\(slot + 1)", "port": 80,
             "metadata": {"value": "\(value)"}}
            """,
            ["native/\(name)": value]
        )
    }

    private func agentRegistration(_ slot: Int, _ name: String, _ value: String) -> CrashStep {
        CrashStep(
            "PUT",
            "/v1/agent/service/register",
            """
            {"Name": "agent", "ID": "a-\(name)", "Address": "10.2.\(number).\(slot + 1)", "Port": 80,
             "Meta": {"value": "\(value)"}, "Check": {"TTL": "1h", "Status": "passing"}}
            """,
            ["agent/a-\(name)": value]
        )
    }

    private func catalogRegistration(_ slot: Int, _ name: String, _ value: String) -> CrashStep {
        CrashStep(
            "PUT",
            "/v1/catalog/register",
            """
            {"Node": "n-\(name)", "Address": "10.3.\(number).\(slot + 1)", "NodeMeta": {"value": "\(value)"},
             "Service": {"Service": "catalog", "ID": "c-\(name)", "Port": 80, "Meta": {"value": "\(value)"}}}
            """,
            ["node/n-\(name)": value, "catalog/c-\(name)": value]
        )
    }

    private func catalogRemoval(_ name: String) -> CrashStep {
        CrashStep(
            "PUT",
            "/v1/catalog/deregister",
            #"{"Node": "n-\#(name)"}"#,
            ["node/n-\(name)": nil, "catalog/c-\(name)": nil]
        )
    }

    private func removal(_ name: String, _ value: String) -> CrashStep {
        guard known("native/\(name)") != nil else {
            return CrashStep(
                "PUT",
                "/v1/kv/own/\(name)?flags=7",
                value,
                ["key/own/\(name)": value]
            )
        }
        return CrashStep("DELETE", "/instances/\(name)", nil, ["native/\(name)": nil])
    }

    private func lines(_ slot: Int, _ name: String, _ value: String) -> CrashStep {
        let lines = (0..<4).map { line in
            """
            {"service": "import", "id": "i-\(name)-\(line)", "host": "10.4.\(number).\(slot + 1)", \
            "port": \(80 + line), "metadata": {"value": "\(value)"}}
            """
        }
        var effects: [String: Value] = [:]
        for line in 0..<4 { effects["import/i-\(name)-\(line)"] = .some(value) }
        return CrashStep("POST", "/import", lines.joined(separator: "\n"), effects).lineByLine()
    }

    /// A service with a TTL check, and what is reported of it.
    private func checkStep(_ slot: Int, _ name: String, _ value: String) -> CrashStep {
        let id = "k-\(name)"
        guard known("checked/\(id)") != nil else {
            return CrashStep(
                "PUT",
                "/v1/agent/service/register",
                """
                {"Name": "checked", "ID": "\(id)", "Address": "10.5.\(number).\(slot + 1)", "Port": 80,
                 "Meta": {"value": "\(value)"}, "Check": {"TTL": "1h", "Status": "passing"}}
                """,
                ["checked/\(id)": value, "status/\(id)": "passing|"]
            )
        }
        switch Int.random(in: 0..<8) {
        case 0:
            return CrashStep(
                "PUT",
                "/v1/agent/service/deregister/\(id)",
                nil,
                ["checked/\(id)": nil, "status/\(id)": nil]
            )
        case 1...4:
            let (verb, status) =
                [
                    ("pass", "passing"), ("warn", "warning"), ("fail", "critical"),
                ].randomElement() ?? ("pass", "passing")
            return CrashStep(
                "PUT",
                "/v1/agent/check/\(verb)/service:\(id)?note=\(value)",
                nil,
                ["status/\(id)": "\(status)|\(value)"]
            )
        default:
            let status = ["passing", "warning", "critical"].randomElement() ?? "passing"
            return CrashStep(
                "PUT",
                "/v1/agent/check/update/service:\(id)",
                #"{"Status": "\#(status)", "Output": "\#(value)"}"#,
                ["status/\(id)": "\(status)|\(value)"]
            )
        }
    }
}

// MARK: - Keys

extension CrashWriter {
    private func keyStep(_ name: String, _ value: String) -> CrashStep {
        let place = "key/own/\(name)"
        switch Int.random(in: 0..<8) {
        case 0:
            // All that this writer has there, in one change.
            var effects: [String: Value] = [:]
            for place in places("key/own/w\(number)-") { effects[place] = .some(nil) }
            return CrashStep("DELETE", "/v1/kv/own/w\(number)-?recurse", nil, effects)
        case 1...3: return CrashStep("DELETE", "/v1/kv/own/\(name)", nil, [place: nil])
        default: return CrashStep("PUT", "/v1/kv/own/\(name)", value, [place: value])
        }
    }

    /// A write or a removal that depends on the key's index: the right one, or a wrong one.
    private func conditionalStep(
        _ name: String,
        _ value: String,
        _ connection: HTTPClientConnection
    ) throws -> CrashStep {
        let path = "/v1/kv/own/\(name)"
        let place = "key/own/\(name)"
        let entry = try connection.request("GET", path).json[0]
        let index = entry["ModifyIndex"].number ?? 0
        switch Int.random(in: 0..<4) {
        case 0: return CrashStep("PUT", path + "?cas=1", value, [:]).outcome(.conditionFails)
        case 1 where index > 0:
            return CrashStep("DELETE", path + "?cas=\(index)", nil, [place: nil])
        default: return CrashStep("PUT", path + "?cas=\(index)", value, [place: value])
        }
    }

    private func set(_ key: String, _ value: String) -> String {
        let encoded = Data(value.utf8).base64EncodedString()
        return #"{"KV": {"Verb": "set", "Key": "\#(key)", "Value": "\#(encoded)"}}"#
    }

    /// Two keys, a node and a service that must always be the same.
    private func transaction(_ slot: Int, _ name: String, _ value: String) -> CrashStep {
        let node = "t-\(name)"
        return CrashStep(
            "PUT",
            "/v1/txn",
            """
            [\(set("left/\(name)", value)),
             {"Node": {"Verb": "set", "Node": {"Node": "\(node)", "Address": "10.6.\(number).\(slot + 1)",
               "Meta": {"value": "\(value)"}}}},
             {"Service": {"Verb": "set", "Node": "\(node)", "Service": {"Service": "txn", "ID": "t-\(name)",
               "Port": 80, "Meta": {"value": "\(value)"}}}},
             \(set("right/\(name)", value))]
            """,
            [
                "key/left/\(name)": value, "key/right/\(name)": value, "node/\(node)": value,
                "txn/t-\(name)": value,
            ]
        )
    }

    /// Its last part cannot be done, so that nothing is.
    private func refusedTransaction(_ name: String, _ value: String) -> CrashStep {
        CrashStep(
            "PUT",
            "/v1/txn",
            """
            [\(set("left/\(name)", "half-\(value)")), \(set("own/\(name)", "half-\(value)")),
             {"KV": {"Verb": "check-index", "Key": "own/\(name)", "Index": 1}}]
            """,
            [:]
        ).outcome(.conflict)
    }
}
