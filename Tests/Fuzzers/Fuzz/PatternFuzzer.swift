import ServiceCatalog

/// Regular expressions, a byte 0, and a text: three searches agree, and none takes long.
final class PatternFuzzer: Fuzzer {
    init() {}

    func run(_ bytes: [UInt8]) {
        let parts = bytes.parts(2)
        guard parts.count == 2, parts[1].count <= 512,
            let pattern = try? LinearPattern(String(parts[0]))
        else { return }
        let text = String(parts[1])
        let isFound = pattern.matches(text)
        let captures = pattern.captures(in: text)
        expect(isFound == (captures != nil), "found, but nothing is captured, or the reverse")
        if let captures {
            expect(text.unicodeScalars.count >= captures[0].unicodeScalars.count, "a long match")
            for capture in captures {
                expect(capture.isEmpty || text.utf8.count >= capture.utf8.count, "a long capture")
            }
        }
        var steps = Int.max / 2
        let before = steps
        expect(pattern.matches(text, steps: &steps) == isFound, "two searches disagree")
        // A place in the text costs at most the pattern's steps, several of them a set's weight.
        let places = text.unicodeScalars.count + 1
        expect(before - steps <= 1_000_000 * places, "\(before - steps) steps for \(places) places")
    }
}
