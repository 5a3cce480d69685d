import Testing

@testable import ServiceCatalog

@Suite("Templates of prepared queries")
struct QueryTemplateTests {
    private func template(
        _ name: String,
        regexp: String = "",
        removesEmptyTags: Bool = false,
        _ service: PreparedQuery.Service
    ) -> PreparedQuery {
        PreparedQuery(
            id: "q",
            name: name,
            template: PreparedQuery.Template(
                type: "name_prefix_match",
                regexp: regexp,
                removeEmptyTags: removesEmptyTags
            ),
            service: service
        )
    }

    @Test("every text of the service is filled in")
    func everyText() throws {
        let query = template(
            "geo-db",
            regexp: "^geo-db-(.*?)-([^\\-]+?)$",
            PreparedQuery.Service(
                service: "mysql-${match(1)}",
                failover: PreparedQuery.Failover(
                    datacenters: ["${match(2)}", "dc2"],
                    targets: [PreparedQuery.Failover.Target(datacenter: "${ match( 2 ) }")]
                ),
                ignoreCheckIDs: ["${name.prefix}-check"],
                near: "_agent",
                tags: ["${match(2)}", "!${name.suffix}"],
                nodeMeta: ["full": "${name.full}"],
                serviceMeta: ["seg": "[${agent.segment}]", "n": "$${match(1)}"]
            )
        )
        let service = try QueryTemplate(query).render("geo-db-customer-primary").service
        #expect(service.service == "mysql-customer")
        #expect(service.failover.datacenters == ["primary", "dc2"])
        #expect(service.failover.targets[0].datacenter == "primary")
        #expect(service.ignoreCheckIDs == ["geo-db-check"])
        #expect(service.tags == ["primary", "!-customer-primary"])
        #expect(service.nodeMeta == ["full": "geo-db-customer-primary"])
        #expect(service.serviceMeta == ["seg": "[]", "n": "${match(1)}"])
    }

    @Test("a group that is not there, and an expression that does not match, give nothing")
    func missingGroups() throws {
        let service = PreparedQuery.Service(
            service: "${match(7)}x",
            tags: ["", "${match(1)}", "a${match(0)}"]
        )
        let kept = try QueryTemplate(template("q", regexp: "^q-(\\d+)$", service))
        #expect(kept.render("q-12").service.tags == ["", "12", "aq-12"])
        #expect(kept.render("q-x").service.tags == ["", "", "a"])
        #expect(kept.render("q-x").service.service == "x")
        let removing = template("q", regexp: "^q-(\\d+)$", removesEmptyTags: true, service)
        #expect(try QueryTemplate(removing).render("q-x").service.tags == ["a"])
        let plain = template("q", PreparedQuery.Service(service: "${match(0)}${name.full}"))
        #expect(try QueryTemplate(plain).render("q1").service.service == "q1")
    }

    @Test("prefix and suffix do not depend on the letter case of the question")
    func letterCase() throws {
        let query = template(
            "Geo-",
            PreparedQuery.Service(service: "${name.prefix}|${name.suffix}")
        )
        #expect(try QueryTemplate(query).render("gEO-web").service.service == "Geo-|web")
    }

    @Test(
        "what is no template is refused",
        arguments: [
            (
                "regexp", "${name.full}", "name_prefix_match", "(",
                "Bad Regexp: error parsing regexp"
            ),
            ("type", "x", "catch_all", "", "Bad Template.Type 'catch_all'"),
            (
                "open", "${name.full", "name_prefix_match", "",
                "Bad format '${name.full' in Service.Service"
            ),
            (
                "unknown", "${nope}", "name_prefix_match", "",
                "Bad format '${nope}' in Service.Service"
            ),
            ("number", "${match(x)}", "name_prefix_match", "", "Bad format"),
        ]
    )
    func refused(name: String, text: String, type: String, regexp: String, reason: String) {
        let query = PreparedQuery(
            id: "q",
            name: name,
            template: PreparedQuery.Template(type: type, regexp: regexp),
            service: PreparedQuery.Service(service: text)
        )
        do throws(PreparedQueryError) {
            try query.validate(CatalogLimits())
            Issue.record("accepted")
        } catch {
            #expect(error.description.hasPrefix(reason), "\(error)")
        }
    }
}
