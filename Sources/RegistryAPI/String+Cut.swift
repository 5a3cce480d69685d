extension String {
    /// At most so many bytes from the start, whole characters only.
    func cut(toBytes bytesMax: Int) -> String {
        guard utf8.count > bytesMax else { return self }
        var end = utf8.index(startIndex, offsetBy: bytesMax)
        while end > startIndex, String.Index(end, within: self) == nil {
            end = utf8.index(before: end)
        }
        return String(self[..<end])
    }
}
