import ServiceCatalog
import Testing

@Suite("Access rules")
struct AccessRulesTests {
    /// What a text of rules says of a permission: yes, no, or nothing.
    private func decide(_ text: String, _ permission: Permission) throws -> Bool? {
        try AccessRules(parsing: text).decide(permission)
    }

    private func problem(_ text: String) -> String {
        do {
            _ = try AccessRules(parsing: text)
            return "none"
        } catch {
            return error.description
        }
    }

    @Test("blocks, assignments, comments and JSON say the same")
    func forms() throws {
        let texts = [
            "service \"web\" { policy = \"write\" }",
            "service \"web\" {\n  policy = \"write\"\n}\n",
            "# first\nservice \"web\" { // second\n policy = \"write\" /* third\n */ }",
            "service \"web\" = { policy = \"write\", intentions = \"read\" }",
            "service { \"web\" { policy = \"write\" } }",
            "service = { web = { policy = \"write\" } }",
            #"{"service": {"web": {"policy": "write"}}}"#,
            #"{"service": [{"web": [{"policy": "write"}]}]}"#,
            #"{"service":{"w\u0065b":{"policy":"write"}},}"#,
        ]
        for text in texts {
            #expect(try decide(text, .serviceWrite("web")) == true, "\(text)")
            #expect(try decide(text, .serviceRead("web")) == true, "\(text)")
            #expect(try decide(text, .serviceRead("web2")) == nil, "\(text)")
            #expect(try decide(text, .nodeRead("web")) == nil, "\(text)")
        }
    }

    @Test("the exact name wins over prefixes, the longest prefix over shorter ones")
    func precedence() throws {
        let text = """
            key_prefix "" { policy = "read" }
            key_prefix "app/" { policy = "write" }
            key_prefix "app/secret/" { policy = "deny" }
            key "app/secret/hint" { policy = "read" }
            """
        #expect(try decide(text, .keyRead("x")) == true)
        #expect(try decide(text, .keyWrite("x")) == false)
        #expect(try decide(text, .keyWrite("app/x")) == true)
        #expect(try decide(text, .keyRead("app/secret/x")) == false)
        #expect(try decide(text, .keyRead("app/secret/hint")) == true)
        #expect(try decide(text, .keyWrite("app/secret/hint")) == false)
    }

    @Test("writing a whole prefix takes permission for all that is below")
    func wholePrefix() throws {
        let text = """
            key_prefix "app/" { policy = "write" }
            key_prefix "app/secret/" { policy = "deny" }
            key "app/other/one" { policy = "read" }
            """
        #expect(try decide(text, .keyWritePrefix("app/")) == false)
        #expect(try decide(text, .keyWritePrefix("app/open/")) == true)
        #expect(try decide(text, .keyWritePrefix("app/other/")) == false)
        #expect(try decide(text, .keyWritePrefix("app/secret/x")) == false)
        #expect(try decide(text, .keyWritePrefix("b")) == nil)
    }

    @Test("list is more than read and less than write, and for keys only")
    func list() throws {
        let text = "key_prefix \"a\" { policy = \"list\" }"
        #expect(try decide(text, Permission(.key, .list, "a/b")) == true)
        #expect(try decide(text, .keyRead("a/b")) == true)
        #expect(try decide(text, .keyWrite("a/b")) == false)
        #expect(
            problem("service \"a\" { policy = \"list\" }")
                == "line 1: policy must be deny, read or write in quotes, found the text \"list\""
        )
    }

    @Test("names of services, nodes, sessions, agents and queries match in any letter case")
    func letterCase() throws {
        for resource in ["service", "node", "session", "agent", "query"] {
            let named = try #require(Permission.Resource(rawValue: resource))
            let text = "\(resource) \"Web\" { policy = \"deny\" }"
            #expect(try decide(text, Permission(named, .read, "wEB")) == false)
            let prefix = "\(resource)_prefix \"We\" { policy = \"read\" }"
            #expect(try decide(prefix, Permission(named, .read, "WEB")) == true)
        }
        #expect(try decide("key \"Web\" { policy = \"deny\" }", .keyRead("web")) == nil)
        #expect(try decide("event \"Web\" { policy = \"deny\" }", .eventRead("web")) == nil)
    }

    @Test("resources without names take a policy alone")
    func scalars() throws {
        let text = "operator = \"read\"\nacl = \"write\"\nkeyring = \"write\"\nmesh = \"read\""
        #expect(try decide(text, .operatorRead) == true)
        #expect(try decide(text, .operatorWrite) == false)
        #expect(try decide(text, .accessWrite) == true)
        #expect(try decide("", .operatorRead) == nil)
    }

    @Test("of two rules about one name a denial wins, otherwise the greater")
    func joining() throws {
        var rules = try AccessRules(
            parsing:
                "service \"a\" { policy = \"write\" } service_prefix \"b\" { policy = \"read\" }"
        )
        rules.join(
            try AccessRules(
                parsing:
                    "service \"a\" { policy=\"deny\" } service_prefix \"b\" { policy=\"write\" }"
            )
        )
        #expect(rules.decide(.serviceRead("a")) == false)
        #expect(rules.decide(.serviceWrite("bb")) == true)
        #expect(
            try decide(
                "service \"a\" { policy = \"read\" }\nservice \"a\" { policy = \"write\" }",
                .serviceWrite("a")
            ) == true
        )
    }

    @Test(
        "what cannot be used is refused with its line",
        arguments: [
            ("service \"web\" { policy = \"wirte\" }", 1, "deny, read or write"),
            ("service \"web\" {\n  policy = read\n}", 2, "in quotes"),
            ("service \"web\" {\n  polcy = \"read\"\n}", 2, "unknown field \"polcy\""),
            ("\n\nservcie \"web\" { policy = \"read\" }", 3, "unknown rule \"servcie\""),
            ("service \"web\" { }", 1, "has no policy"),
            ("service \"web\" { policy = \"read\" policy = \"deny\" }", 1, "given twice"),
            ("service \"web\" { policy = \"read\"", 1, "found the end"),
            ("service \"web\n\" { policy = \"read\" }", 1, "no closing quote"),
            ("service \"web", 1, "no closing quote"),
            ("service \"a\\q\" { policy = \"read\" }", 1, "unknown escape"),
            ("service \"a\\ud800\" { policy = \"read\" }", 1, "half a character"),
            ("service \"a\\u+123\" { policy = \"read\" }", 1, "four hexadecimal"),
            ("service \"a\\", 1, "after a backslash"),
            ("service \"a\u{1}\" { policy = \"read\" }", 1, "control character"),
            ("service \"web\"", 1, "expected '{'"),
            ("service", 1, "expected '{'"),
            ("service \"web\" [", 1, "expected '{'"),
            ("{\"service\":{\"web\":{\"policy\":\"read\"}}} x", 1, "expected the end"),
            ("{", 1, "found the end"),
            ("}", 1, "found '}'"),
            ("/* never", 1, "no */"),
            ("namespace \"a\" { policy = \"read\" }", 1, "no namespaces"),
            ("key \"a\" { policy = \"read\" sentinel { } }", 1, "sentinel"),
            ("operator \"read\"", 1, "expected '=' after operator"),
            ("acl = 1", 1, "in quotes"),
            ("é", 1, "unexpected character"),
            ("service \"a\" ( policy )", 1, "unexpected '('"),
        ]
    )
    func refused(_ text: String, _ line: Int, _ words: String) {
        let problem = problem(text)
        #expect(problem.hasPrefix("line \(line): "), "\(problem)")
        #expect(problem.contains(words), "\(problem)")
    }

    @Test("no random bytes of rules do more than be refused")
    func random() {
        let pieces = [
            "service", "key_prefix", "\"a\"", "{", "}", "[", "]", "=", ":", ",", "policy",
            "\"read\"", "\\", "\"", "#", "/*", "\n", "\u{0}", "operator", "é", "1",
        ]
        var generator = SystemRandomNumberGenerator()
        var good = 0
        for _ in 0..<5_000 {
            let count = Int.random(in: 0...12, using: &generator)
            let text = (0..<count).map { _ in pieces.randomElement() ?? "" }.joined(separator: " ")
            if problem(text) == "none" { good += 1 }
        }
        #expect(good < 5_000)
    }

    @Test("too many rules and too long a text are refused")
    func limits() {
        let many = String(repeating: "key \"a\" { policy = \"read\" }\n", count: 10_001)
        #expect(problem(many).contains("10000 rules"))
        #expect(problem(String(repeating: " ", count: 600_000)).contains("longer than"))
        #expect(problem(String(repeating: "{", count: 100_000)).contains("line 1"))
    }
}
