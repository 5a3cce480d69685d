internal import TestSupport

/// What dig printed about one answer.
struct DigReply: CustomStringConvertible {
    /// Such as `NOERROR`; empty when no server answered.
    var status: String
    /// `owner type data` of each answer record, without TTL and class.
    var answer: [String]
    /// TTLs of the answer records, in seconds.
    var ttlSeconds: [Int]
    let description: String

    init(_ result: CommandLineClient.Result) {
        description = "\(result)"
        status = ""
        answer = []
        ttlSeconds = []
        for line in result.lines {
            if line.hasPrefix(";; ->>HEADER<<-"), let word = line.firstRange(of: "status: ") {
                status = String(line[word.upperBound...].prefix { $0 != "," })
            }
            if line.hasPrefix(";") { continue }
            let fields = line.split(maxSplits: 4, whereSeparator: { $0 == " " || $0 == "\t" })
            guard fields.count == 5, let ttl = Int(fields[1]) else { continue }
            answer.append("\(fields[0]) \(fields[3]) \(fields[4])")
            ttlSeconds.append(ttl)
        }
    }

    /// The data of the answer records of a type, sorted.
    func data(_ type: String) -> [String] {
        answer.compactMap { record in
            let fields = record.split(separator: " ", maxSplits: 2)
            return fields[1] == type ? String(fields[2]) : nil
        }.sorted()
    }
}
