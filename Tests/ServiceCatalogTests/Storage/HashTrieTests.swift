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
                #expect(trie.removeValue(forKey: key) == model.removeValue(forKey: key))
            case 1:
                trie[key]?.append("+")
                model[key]?.append("+")
            case 2:
                trie[key, default: "new"].append("!")
                model[key, default: "new"].append("!")
            default:
                trie[key] = "\(key)"
                model[key] = "\(key)"
            }
        }
        #expect(trie.count == model.count)
        #expect(Dictionary(trie.map { ($0, $1) }) { $1 } == model)
        #expect((0..<keysMax).allSatisfy { trie[$0] == model[$0] })
        for key in 0..<keysMax { trie[key] = nil }
        #expect(trie.isEmpty && trie.values.isEmpty)
    }

    @Test("a copy stays as it was, whatever is written to the other")
    func copies() {
        var trie = HashTrie<Int, Int>()
        for key in 0..<5_000 { trie[key] = key }
        let copy = trie
        for key in 0..<10_000 { trie[key] = key < 2_500 ? nil : -key }
        #expect(copy.count == 5_000 && trie.count == 7_500)
        #expect((0..<5_000).allSatisfy { copy[$0] == $0 } && copy[5_000] == nil)
        #expect(trie[1] == nil && trie[9_999] == -9_999)
    }

    @Test("keys whose hashes are the same are kept apart")
    func sameHashes() {
        struct Key: Hashable {
            var number: Int
            func hash(into hasher: inout Hasher) {}
        }
        var trie = HashTrie<Key, Int>()
        for number in 0..<600 { trie[Key(number: number)] = number }
        #expect(trie.count == 600)
        #expect((0..<600).allSatisfy { trie[Key(number: $0)] == $0 })
    }
}
