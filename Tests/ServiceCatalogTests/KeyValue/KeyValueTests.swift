import Testing

@testable import ServiceCatalog

@Suite("Key-value")
struct KeyValueTests {
    private func write(_ key: String, _ value: String = "v", flags: UInt64 = 0) -> KeyValueWrite {
        KeyValueWrite(key: key, value: Array(value.utf8), flags: flags)
    }

    private func catalog(sessions: [String] = []) throws -> Catalog {
        var catalog = try Catalog.withNode()
        for id in sessions { try catalog.apply(.createSession(Session(id: id, node: "n1"))) }
        return catalog
    }

    @Test("a set creates, then changes; the same again moves no index")
    func set() throws {
        var catalog = try catalog()
        try catalog.apply(.keyValue(.set(write("a", "1", flags: 7))))
        let first = try #require(catalog.entry("a"))
        #expect(first.createIndex == first.modifyIndex)
        #expect(first.flags == 7 && first.lockIndex == 0 && first.session == nil)
        #expect(try catalog.apply(.keyValue(.set(write("a", "1", flags: 7)))).isEmpty)
        #expect(catalog.entry("a") == first)
        try catalog.apply(.keyValue(.set(write("a", "2", flags: 7))))
        #expect(catalog.entry("a")?.modifyIndex == catalog.index)
        #expect(catalog.entry("a")?.createIndex == first.createIndex)
    }

    @Test("compare-and-set: 0 only creates, an index only changes what it was read at")
    func compareAndSet() throws {
        var catalog = try catalog()
        #expect(throws: CatalogRejection.conditionFailed) {
            try catalog.apply(.keyValue(.compareAndSet(write("a"), index: 5)))
        }
        try catalog.apply(.keyValue(.compareAndSet(write("a"), index: 0)))
        #expect(throws: CatalogRejection.conditionFailed) {
            try catalog.apply(.keyValue(.compareAndSet(write("a", "2"), index: 0)))
        }
        let index = try #require(catalog.entry("a")?.modifyIndex)
        try catalog.apply(.keyValue(.compareAndSet(write("a", "2"), index: index)))
        #expect(throws: CatalogRejection.conditionFailed) {
            try catalog.apply(.keyValue(.compareAndSet(write("a", "3"), index: index)))
        }
        #expect(catalog.entry("a")?.value.bytes == Array("2".utf8))
    }

    @Test("a lock has one holder; only a new holder counts")
    func locks() throws {
        var catalog = try catalog(sessions: ["s1", "s2"])
        #expect(throws: CatalogRejection.invalidSession("s9")) {
            try catalog.apply(.keyValue(.acquire(write("a"), session: "s9")))
        }
        try catalog.apply(.keyValue(.acquire(write("a"), session: "s1")))
        #expect(catalog.entry("a")?.lockIndex == 1)
        #expect(throws: CatalogRejection.conditionFailed) {
            try catalog.apply(.keyValue(.acquire(write("a"), session: "s2")))
        }
        try catalog.apply(.keyValue(.acquire(write("a", "again"), session: "S1")))
        #expect(catalog.entry("a")?.lockIndex == 1)
        #expect(catalog.entry("a")?.value.bytes == Array("again".utf8))
        try catalog.apply(.keyValue(.set(write("a", "by somebody else"))))
        #expect(catalog.entry("a")?.session == "s1")
        #expect(throws: CatalogRejection.conditionFailed) {
            try catalog.apply(.keyValue(.release(write("a"), session: "s2")))
        }
        try catalog.apply(.keyValue(.release(write("a", "bye"), session: "s1")))
        #expect(catalog.entry("a")?.session == nil)
        #expect(catalog.entry("a")?.lockIndex == 1)
        #expect(throws: CatalogRejection.conditionFailed) {
            try catalog.apply(.keyValue(.release(write("a"), session: "s1")))
        }
        try catalog.apply(.keyValue(.acquire(write("a"), session: "s2")))
        #expect(catalog.entry("a")?.lockIndex == 2)
    }

    @Test("deletions: of one key, of a tree, only at an index; a missing key is a success")
    func deletions() throws {
        var catalog = try catalog()
        for key in ["a/1", "a/2", "ab", "b"] { try catalog.apply(.keyValue(.set(write(key)))) }
        #expect(try catalog.apply(.keyValue(.delete(key: "zz"))).isEmpty)
        #expect(try catalog.apply(.keyValue(.compareAndDelete(key: "zz", index: 3))).isEmpty)
        #expect(throws: CatalogRejection.conditionFailed) {
            try catalog.apply(.keyValue(.compareAndDelete(key: "b", index: 0)))
        }
        let index = try #require(catalog.entry("b")?.modifyIndex)
        try catalog.apply(.keyValue(.compareAndDelete(key: "b", index: index)))
        #expect(catalog.entry("b") == nil)
        try catalog.apply(.keyValue(.deleteTree(prefix: "a/")))
        #expect(catalog.entries.map(\.key) == ["ab"])
        try catalog.apply(.keyValue(.deleteTree(prefix: "")))
        #expect(catalog.keyCount == 0)
    }

    @Test("a list of keys stops at the separator")
    func separator() throws {
        var catalog = try catalog()
        for key in ["a/x", "a/x/1", "a/x/2", "a/y/1", "a/z", "b"] {
            try catalog.apply(.keyValue(.set(write(key))))
        }
        #expect(catalog.keys(withPrefix: "a/", separator: "/") == ["a/x", "a/x/", "a/y/", "a/z"])
        #expect(catalog.keys(withPrefix: "", separator: "/") == ["a/", "b"])
        #expect(catalog.keys(withPrefix: "a/x") == ["a/x", "a/x/1", "a/x/2"])
        #expect(catalog.keys(withPrefix: "nope", separator: "/").isEmpty)
    }

    @Test("the index of a prefix counts deletions and nothing beside it")
    func prefixIndex() throws {
        var catalog = try catalog()
        #expect(catalog.index(of: .key("a/1")) == 1)
        try catalog.apply(.keyValue(.set(write("a/1"))))
        let written = catalog.index
        try catalog.apply(.keyValue(.set(write("b"))))
        #expect(catalog.index(of: .keyPrefix("a/")) == written)
        #expect(catalog.index(of: .key("a/1")) == written)
        #expect(catalog.index(of: .key("a/2")) == 1)
        try catalog.apply(.keyValue(.delete(key: "a/1")))
        let deleted = catalog.index
        try catalog.apply(.keyValue(.set(write("b", "2"))))
        #expect(catalog.index(of: .keyPrefix("a/")) == deleted)
        #expect(catalog.index(of: .keyPrefix("a/1")) == deleted)
        #expect(catalog.index(of: .key("a/1")) == deleted)
        #expect(catalog.index(of: .keyPrefix("")) == catalog.index)
    }

    @Test("old deletions are forgotten, and no index moves backwards by it")
    func forgottenDeletions() throws {
        var keys = KeyTable()
        for number in 1...100_000 {
            keys.bury("gone/\(number)", at: CatalogIndex(number + 1))
        }
        #expect(keys.floor > 1 && keys.floor <= 100_001)
        #expect(keys.index(of: "gone/1") >= 2)
        #expect(keys.index(of: "gone/100000") == 100_001)
        #expect(keys.index(ofPrefix: "gone/") == 100_001)
        #expect(keys.index(ofPrefix: "other/") == keys.floor)
    }

    @Test("a change of keys concerns neither DNS nor health")
    func concernsOnlyKeys() throws {
        var catalog = try catalog(sessions: ["s1"])
        var delta = try catalog.apply(.keyValue(.acquire(write("a"), session: "s1")))
        #expect(delta.concernsOnlyKeys)
        delta.merge(try catalog.apply(.endSession(id: "s1", onlyIf: nil)))
        #expect(!delta.concernsOnlyKeys)
        #expect(try !catalog.apply(Registrations.web("w1")).concernsOnlyKeys)
    }

    @Test("the catalog refuses more keys than allowed, and longer ones")
    func limits() throws {
        var limits = CatalogLimits()
        limits.keysMax = 1
        limits.keyBytesMax = 3
        var catalog = try Catalog.withNode(limits: limits)
        #expect(throws: CatalogRejection.limitReached(what: "bytes in a key", limit: 3)) {
            try catalog.apply(.keyValue(.set(write("abcd"))))
        }
        try catalog.apply(.keyValue(.set(write("abc"))))
        #expect(throws: CatalogRejection.limitReached(what: "keys", limit: 1)) {
            try catalog.apply(.keyValue(.set(write("b"))))
        }
        try catalog.apply(.keyValue(.set(write("abc", "new"))))
    }
}
