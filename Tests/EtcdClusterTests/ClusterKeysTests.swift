import Testing

@testable import EtcdCluster

@Suite("Keys of a cluster")
struct ClusterKeysTests {
    private let keys = ClusterKeys(name: "prod", id: "1f37")
    private let entry = EntryName(writer: "node-id", epoch: 17, number: 300)

    @Test("each key of the live part says what it is")
    func subjects() {
        #expect(keys.subject(of: keys.entry(entry)) == .entry(entry))
        #expect(keys.subject(of: keys.head) == .head)
        #expect(keys.subject(of: keys.leader) == .leader)
        #expect(keys.subject(of: keys.assignment) == .assignment)
        #expect(keys.subject(of: keys.snapshot) == .snapshot)
        #expect(keys.subject(of: keys.writer("a")) == .writer("a"))
        #expect(keys.subject(of: keys.member("n/1")) == .member("n/1"))
        #expect(keys.subject(of: keys.beats("a")) == .beats("a"))
        #expect(keys.subject(of: keys.question("a")) == .question("a"))
        #expect(keys.subject(of: keys.opinion("a")) == .opinion("a"))
    }

    @Test(
        "what is another cluster's, or nobody's, is none of ours",
        arguments: [
            "rollcall/prod/cluster", "rollcall/prod/other/live/head",
            "rollcall/prod2/1f37/live/head",
            "rollcall/prod/1f37/live/log/a/b", "rollcall/prod/1f37/live/log/a/xx/yy",
            "rollcall/prod/1f37/live/", "",
        ]
    )
    func strangers(key: String) {
        #expect(keys.subject(of: key) == nil)
    }

    @Test("a range that begins with a prefix ends behind all that begin with it")
    func ranges() {
        let end = ClusterKeys.end(of: keys.log)
        #expect(keys.log < keys.entry(entry) && keys.entry(entry) < end)
        #expect(end < keys.member("a") && end < keys.writer("a"))
        #expect(keys.live < keys.head && keys.head < ClusterKeys.end(of: keys.live))
        #expect(!(keys.live..<ClusterKeys.end(of: keys.live)).contains(keys.piece(0, of: 9)))
        #expect(!(keys.live..<ClusterKeys.end(of: keys.live)).contains(keys.part(0, of: entry)))
    }

    @Test("entries are in the order of their numbers")
    func order() {
        let later = EntryName(writer: entry.writer, epoch: entry.epoch, number: 4_097)
        #expect(keys.entry(entry) < keys.entry(later))
        #expect(keys.piece(9, of: 20) < keys.piece(10, of: 20))
    }
}
