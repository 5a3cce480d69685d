import Testing

@testable import ServiceCatalog

@Suite("Hash tries")
struct HashTrieTests {
    @Test("random writes and removals: the same as a dictionary", arguments: [40, 3_000, 60_000])
    func sameAsDictionary(keysMax: Int) {
        var random = SplitMix(state: 7)
        var trie = HashTrie<Int, String>()
        var model: [Int: String] = [:]
        for _ in 0..<keysMax * 3 {
            let key = Int.random(in: 0..<keysMax, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0:
                let removed = trie.remove(key)
                #expect(removed == model.removeValue(forKey: key))
            case 1:
                trie.update(key) { $0.append("+") }
                model[key]?.append("+")
            default:
                trie.set(key, "\(key)")
                model[key] = "\(key)"
            }
        }
        #expect(trie.count == model.count)
        #expect(Dictionary(uniqueKeysWithValues: trie.map { ($0, $1) }) == model)
        #expect((0..<keysMax).allSatisfy { trie[$0] == model[$0] })
        for key in 0..<keysMax { trie.remove(key) }
        #expect(trie.isEmpty && trie.values.isEmpty)
        trie.set(1, "again")
        #expect(trie.keys == [1] && trie[1] == "again")
    }

    @Test("a copy stays as it was, whatever is written to the other")
    func copies() {
        var trie = HashTrie<Int, Int>()
        for key in 0..<5_000 { trie.set(key, key) }
        let copy = trie
        for key in 0..<10_000 { if key < 2_500 { trie.remove(key) } else { trie.set(key, -key) } }
        trie.update(9_999) { $0 = 1 }
        #expect(copy.count == 5_000 && trie.count == 7_500)
        #expect((0..<5_000).allSatisfy { copy[$0] == $0 } && copy[5_000] == nil)
        #expect(trie[1] == nil && trie[9_998] == -9_998 && trie[9_999] == 1)
    }

    @Test("keys whose hashes are the same are kept apart")
    func sameHashes() {
        struct Key: Hashable {
            var number: Int
            func hash(into hasher: inout Hasher) {}
        }
        var trie = HashTrie<Key, Int>()
        for number in 0..<600 { trie.set(Key(number: number), number) }
        for number in 0..<300 { trie.remove(Key(number: number * 2)) }
        #expect(trie.count == 300)
        #expect((0..<600).allSatisfy { trie[Key(number: $0)] == ($0 % 2 == 0 ? nil : $0) })
    }

    @Test("a set goes with its last element")
    func sets() {
        var trie = HashTrie<String, Set<Int>>()
        trie.insert(1, into: "a")
        trie.insert(2, into: "a")
        trie.remove(1, from: "a")
        trie.remove(9, from: "b")
        #expect(trie["a"] == [2])
        trie.remove(2, from: "a")
        #expect(trie.isEmpty)
    }
}
