internal import TestSupport
internal import Testing

extension ProgramTests {
    /// What an operator gets who follows a recipe of `Config/resolvers`.
    @Suite("Resolvers in front of Rollcall, set up by the shipped recipes")
    struct ResolverTests {
        @Test("answers and negative answers come through", arguments: Recipe.allCases)
        func answersComeThrough(recipe: Recipe) async throws {
            let resolver = try await Forwarder(recipe)
            try await resolver.register("payment", host: "10.0.1.1")

            let address = try await resolver.dig("payment.service.consul", "A")
            #expect(address.status == "NOERROR" && address.data("A") == ["10.0.1.1"], "\(address)")
            #expect(address.ttlSeconds.allSatisfy { (1...5).contains($0) }, "\(address)")

            let upper = try await resolver.dig("PayMent.SERVICE.Consul", "A")
            #expect(upper.status == "NOERROR" && upper.data("A") == ["10.0.1.1"], "\(upper)")

            let missingType = try await resolver.dig("payment.service.consul", "AAAA")
            #expect(missingType.status == "NOERROR" && missingType.answer.isEmpty, "\(missingType)")

            let missingName = try await resolver.dig("no-such.service.consul", "A")
            #expect(
                missingName.status == "NXDOMAIN" && missingName.answer.isEmpty,
                "\(missingName)"
            )

            // A name with names below it exists: a cache may not conclude that all below is gone.
            let between = try await resolver.dig("service.consul", "A")
            #expect(between.status == "NOERROR" && between.answer.isEmpty, "\(between)")
        }

        @Test(
            "SRV gives a target that resolves, and addresses have names",
            arguments: Recipe.allCases
        )
        func targetsAndReverseNames(recipe: Recipe) async throws {
            let resolver = try await Forwarder(recipe)
            try await resolver.register("payment", host: "10.0.1.1", port: 8080)

            let service = try await resolver.dig("payment.service.consul", "SRV")
            let fields = service.data("SRV").first?.split(separator: " ").map(String.init) ?? []
            try #require(fields.count == 4, "\(service)")
            #expect(fields[2] == "8080")
            let target = try await resolver.dig(fields[3], "A")
            #expect(target.data("A") == ["10.0.1.1"], "\(target)")

            let reverse = try await resolver.dig("-x", "10.0.1.1")
            #expect(reverse.status == "NOERROR", "\(reverse)")
            #expect(reverse.data("PTR").contains { $0.hasSuffix(".consul.") }, "\(reverse)")
        }

        @Test(
            "a change is seen when the TTL is over, also after a miss",
            arguments: Recipe.allCases
        )
        func changesAreSeen(recipe: Recipe) async throws {
            let resolver = try await Forwarder(
                recipe,
                settings: ["ROLLCALL_DNS_TTL_SERVICES": "1s", "ROLLCALL_DNS_NEGATIVE_TTL": "1s"]
            )
            let miss = try await resolver.dig("late.service.consul", "A")
            #expect(miss.status == "NXDOMAIN", "\(miss)")
            let first = try await resolver.register("late", host: "10.0.1.1")
            try await eventually("the registration is seen", within: .seconds(2)) {
                try await resolver.dig("late.service.consul", "A").data("A") == ["10.0.1.1"]
            }

            try await resolver.register("late", host: "10.0.1.2", port: 8081)
            try await resolver.curl("DELETE", "/instances/\(first)")
            try await eventually("the replacement is seen", within: .seconds(2)) {
                try await resolver.dig("late.service.consul", "A").data("A") == ["10.0.1.2"]
            }
        }

        @Test("an answer that is too long for UDP comes whole", arguments: Recipe.allCases)
        func longAnswersComeWhole(recipe: Recipe) async throws {
            let resolver = try await Forwarder(recipe)
            let hosts = (1...200).map { "10.0.2.\($0)" }
            try await resolver.curl(
                "POST",
                "/import",
                hosts.map { #"{"service":"fleet","host":"\#($0)","port":8080}"# + "\n" }.joined()
            )
            let reply = try await resolver.dig("fleet.service.consul", "A")
            #expect(reply.status == "NOERROR" && reply.data("A") == hosts.sorted(), "\(reply)")
        }

        @Test(
            "a name of many labels is found, also by a resolver that shows one label at a time",
            arguments: Recipe.allCases
        )
        func longNamesAreFound(recipe: Recipe) async throws {
            let resolver = try await Forwarder(recipe)
            try await resolver.curl(
                "POST",
                "/register",
                #"{"service": "db", "host": "10.0.1.1", "port": 5432, "tags": ["eu.primary"]}"#
            )
            // What lies between is asked for first, so each of these must exist.
            for name in ["consul", "dc1.consul", "service.dc1.consul", "db.service.dc1.consul"] {
                let between = try await resolver.dig(name, "TXT")
                #expect(between.status == "NOERROR", "\(between)")
            }
            let found = try await resolver.dig("eu.primary.db.service.dc1.consul", "A")
            #expect(found.data("A") == ["10.0.1.1"], "\(found)")
        }

        @Test(
            "answers are kept for their TTL",
            arguments: [Recipe.unbound, .bind]
        )
        func answersAreKept(recipe: Recipe) async throws {
            let resolver = try await Forwarder(
                recipe,
                settings: ["ROLLCALL_DNS_TTL_SERVICES": "1h"]
            )
            let id = try await resolver.register("payment", host: "10.0.1.1")
            let asked = try await resolver.dig("payment.service.consul", "A")
            #expect(asked.data("A") == ["10.0.1.1"], "\(asked)")
            try await resolver.curl("DELETE", "/instances/\(id)")
            let kept = try await resolver.dig("payment.service.consul", "A")
            #expect(kept.data("A") == ["10.0.1.1"], "\(kept)")
        }

        @Test(
            "dnsmasq keeps answers, whether Rollcall sets RA or not",
            arguments: ["true", "false"]
        )
        func dnsmasqCaches(setsRA: String) async throws {
            let resolver = try await Forwarder(
                .dnsmasq,
                settings: [
                    "ROLLCALL_DNS_RECURSION_AVAILABLE": setsRA, "ROLLCALL_DNS_TTL_SERVICES": "1h",
                ]
            )
            let id = try await resolver.register("payment", host: "10.0.1.1")
            let asked = try await resolver.dig("payment.service.consul", "A")
            #expect(asked.data("A") == ["10.0.1.1"], "\(asked)")
            try await resolver.curl("DELETE", "/instances/\(id)")
            let kept = try await resolver.dig("payment.service.consul", "A")
            #expect(kept.data("A") == ["10.0.1.1"], "\(kept)")
        }
    }
}
