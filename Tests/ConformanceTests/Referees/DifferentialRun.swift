import DNSWire
import Foundation
import TestSupport
import Testing

/// The program under test and its referees on the same zone files.
final class DifferentialRun {
    private let subject: RollcallProcess
    let referees: [RefereeProcess]
    private let apexes: [DomainName]
    private var subjectSockets: (stream: NetworkSocket, datagrams: NetworkSocket)
    private var refereeSockets: [(stream: NetworkSocket, datagrams: NetworkSocket)]
    /// Answers that were compared with that of a referee.
    private(set) var comparisons = 0
    private(set) var questions = 0
    private(set) var failures: [String] = []
    /// How often each known difference was seen, by its name.
    private(set) var seen: [String: Int] = [:]

    /// - Parameter refused: apexes that a referee refuses to load.
    init(zones: [URL], refused: [Referee: Set<String>] = [:]) async throws {
        apexes = try zones.map { try DomainName(RefereeProcess.apex($0)) }
        let scratch = try ScratchFolder()
        for zone in zones {
            let text = try String(contentsOf: zone, encoding: .utf8)
            try scratch.write(text, to: "zones/\(zone.lastPathComponent)")
        }
        subject = try await RollcallProcess.start(["--ephemeral"], scratch: scratch)
        var referees: [RefereeProcess] = []
        for referee in Referee.allCases {
            referees.append(
                try await RefereeProcess.start(
                    referee,
                    zones: zones,
                    refused: refused[referee] ?? []
                )
            )
        }
        self.referees = referees
        subjectSockets = try Self.sockets(subject.dnsPort)
        refereeSockets = try referees.map { try Self.sockets($0.port) }
    }

    private static func sockets(
        _ port: UInt16
    ) throws -> (stream: NetworkSocket, datagrams: NetworkSocket) {
        (try NetworkSocket(.tcp, port: port), try NetworkSocket(.udp, port: port))
    }

    /// Asks the names for the types, each question in one manner; which one turns with the round.
    ///
    /// - Parameter share: of how many questions one is asked; others in other rounds.
    func ask(
        _ names: [DomainName],
        _ types: [RecordType],
        round: Int = 0,
        share: Int = 1
    ) throws {
        let manners = AskedQuestion.Manner.allCases
        for (index, name) in names.enumerated() {
            let asked = types.indices.filter { (index + $0 + round) % share == 0 }
            try compare(
                asked.map { position in
                    let manner = manners[(index + position / share + round) % manners.count]
                    return AskedQuestion(name: name, type: types[position], manner: manner)
                }
            )
        }
    }

    func compare(_ asked: [AskedQuestion]) throws {
        let ours = try Self.ask(asked, subjectSockets)
        var agreed = [Bool](repeating: false, count: asked.count)
        var apart: [(index: Int, what: String)] = []
        for (referee, sockets) in zip(referees, refereeSockets) {
            let judged = asked.indices.filter { referee.judges(asked[$0].name) }
            guard !judged.isEmpty else { continue }
            let theirs: [Message]
            do {
                theirs = try Self.ask(judged.map { asked[$0] }, sockets)
            } catch {
                throw UnexpectedAnswer(description: "\(referee.referee.rawValue): \(error)")
            }
            comparisons += judged.count
            for (index, their) in zip(judged, theirs) {
                let comparison = Comparison(
                    question: asked[index],
                    referee: referee.referee,
                    ours: ours[index],
                    theirs: their,
                    apexes: apexes
                )
                guard comparison.isDifferent else {
                    agreed[index] = true
                    continue
                }
                let line = "\(asked[index]) \(referee.referee.rawValue): \(comparison)"
                guard let known = KnownDifference.all.first(where: { $0.explains(comparison) })
                else {
                    failures.append(line)
                    continue
                }
                seen[known.name, default: 0] += 1
                if !known.standsAlone { apart.append((index, "\(known.name): \(line)")) }
            }
        }
        questions += asked.count
        // Where the referees differ among themselves one of them must say what we say.
        failures += apart.filter { !agreed[$0.index] }.map { "alone, \($0.what)" }
    }

    /// What each server says to one question; ours has no referee.
    func replies(to asked: AskedQuestion) throws -> [(server: Referee?, reply: Message)] {
        var replies: [(server: Referee?, reply: Message)] = []
        replies.append((nil, try Self.ask([asked], subjectSockets)[0]))
        for (referee, sockets) in zip(referees, refereeSockets)
        where referee.judges(asked.name) {
            replies.append((referee.referee, try Self.ask([asked], sockets)[0]))
        }
        return replies
    }

    private static func ask(
        _ questions: [AskedQuestion],
        _ sockets: (stream: NetworkSocket, datagrams: NetworkSocket)
    ) throws -> [Message] {
        try AskedQuestion.ask(
            questions,
            stream: sockets.stream,
            datagrams: sockets.datagrams
        )
    }

    /// What the run found, once at its end.
    func finish(_ title: String, questionsMin: Int) {
        print("figure: \(title): \(questions) questions, \(comparisons) comparisons; \(seen)")
        #expect(questions >= questionsMin)
        let shown = failures.prefix(ConformanceLength.shownMax).joined(separator: "\n")
        let count = failures.count
        #expect(count == 0, "\(count) of \(comparisons):\n\(shown)")
    }
}
