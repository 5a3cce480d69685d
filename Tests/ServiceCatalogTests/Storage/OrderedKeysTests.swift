import Testing

@testable import ServiceCatalog

@Suite("Ordered keys")
struct OrderedKeysTests {
    private func entry(_ key: String, _ index: CatalogIndex = 1) -> KeyValueEntry {
        var entry = KeyValueEntry(key: key)
        entry.modifyIndex = index
        return entry
    }

    @Test("keys are in byte order, and texts that look alike stay apart")
    func order() {
        var keys = OrderedKeys<KeyValueEntry>()
        let composed = "caf\u{E9}"
        let decomposed = "cafe\u{301}"
        for key in ["b", "a/b", "B", composed, "a", decomposed, "a!", "a0"] {
            keys.set(entry(key))
        }
        #expect(keys.count == 8)
        #expect(
            keys.all.map { Array($0.key.utf8) }
                == ["B", "a", "a!", "a/b", "a0", "b", decomposed, composed].map { Array($0.utf8) }
        )
        #expect(keys.find(composed)?.key.utf8.count == 5)
        #expect(keys.records(withPrefix: "cafe").count == 1)
    }

    @Test("random writes agree with a sorted array")
    func random() {
        var random = SplitMix(state: 7)
        var keys = OrderedKeys<KeyValueEntry>()
        var model: [String: CatalogIndex] = [:]
        for step in 1...8_000 {
            let key =
                (0..<Int.random(in: 1...4, using: &random))
                .map { _ in String("abc/".randomElement(using: &random) ?? "a") }
                .joined() + String(Int.random(in: 0..<40, using: &random))
            if Int.random(in: 0..<3, using: &random) == 0 {
                #expect(keys.remove(key)?.modifyIndex == model.removeValue(forKey: key))
            } else {
                let index = CatalogIndex(Int.random(in: 1...step, using: &random))
                #expect(keys.set(entry(key, index))?.modifyIndex == model[key])
                model[key] = index
            }
            guard step % 500 == 0 else { continue }
            #expect(keys.count == model.count)
            #expect(keys.all.map(\.key) == model.keys.sorted())
            for prefix in ["", "a", "a/", "ab", "c/c", "zz", "b1"] {
                let expected = model.filter { $0.key.hasPrefix(prefix) }
                #expect(keys.records(withPrefix: prefix).map(\.key) == expected.keys.sorted())
                #expect(keys.newestIndex(withPrefix: prefix) == expected.values.max())
            }
        }
        #expect(model.count > 500)
    }

    @Test("a group is passed over, also the last one there can be")
    func groups() {
        var keys = OrderedKeys<KeyValueEntry>()
        for key in ["a/1", "a/2", "b", "c/1", "c/2", "\u{10FFFF}x"] { keys.set(entry(key)) }
        var seen: [String] = []
        keys.forEach(withPrefix: "") { record in
            seen.append(record.key)
            return record.key.contains("/") ? Array(record.key.utf8.prefix(2)) : nil
        }
        #expect(seen == ["a/1", "b", "c/1", "\u{10FFFF}x"])
    }
}
