import ServiceCatalog
import Testing

@Suite("Authorizer")
struct AuthorizerTests {
    private func authorizer(_ rules: String, allowsByDefault: Bool) throws -> Authorizer {
        Authorizer(
            accessorID: "a-1",
            rules: try AccessRules(parsing: rules),
            allowsByDefault: allowsByDefault
        )
    }

    @Test("without access control, and with management, everything is allowed")
    func everything() {
        for authorizer in [Authorizer.unrestricted, .management(accessorID: "m")] {
            #expect(authorizer.allowsEverything)
            #expect(authorizer.allows(.accessWrite))
            #expect(authorizer.allows(.keyWritePrefix("")))
        }
    }

    @Test("where no rule says anything the default decides, but never about tokens")
    func byDefault() throws {
        let open = try authorizer("service \"a\" { policy = \"deny\" }", allowsByDefault: true)
        #expect(!open.allows(.serviceRead("a")))
        #expect(open.allows(.serviceWrite("b")))
        #expect(open.allows(.operatorWrite))
        #expect(!open.allows(.accessRead))
        let closed = try authorizer("service \"a\" { policy = \"read\" }", allowsByDefault: false)
        #expect(closed.allows(.serviceRead("a")))
        #expect(!closed.allows(.serviceWrite("a")))
        #expect(!closed.allows(.serviceRead("b")))
        #expect(!closed.allows(.operatorRead))
        let trusted = try authorizer("acl = \"write\"", allowsByDefault: false)
        #expect(trusted.allows(.accessRead))
        #expect(!trusted.allowsEverything)
    }

    @Test("a denial names the token, the permission and the name, as Consul does")
    func denials() throws {
        let closed = try authorizer("", allowsByDefault: false)
        #expect(
            closed.denial(of: .serviceWrite("web"))?.description
                == "Permission denied: token with AccessorID 'a-1' lacks permission"
                + " 'service:write' on \"web\""
        )
        #expect(
            closed.denial(of: .operatorRead)?.description
                == "Permission denied: token with AccessorID 'a-1' lacks permission"
                + " 'operator:read'"
        )
        let anonymous = Authorizer(
            accessorID: Authorizer.anonymousAccessorID,
            rules: AccessRules(),
            allowsByDefault: false
        )
        #expect(
            anonymous.denial(of: .keyRead("a/b"))?.description.hasPrefix(
                "Permission denied: anonymous token lacks permission 'key:read' on \"a/b\""
            ) == true
        )
        #expect(Authorizer.unrestricted.denial(of: .accessWrite) == nil)
    }
}
